#include "http/listen.hpp"
#include <string>
#include <gtest/gtest.h>
#include "stint/error.hpp"

namespace stint {
namespace {

TEST(ListenAddress, IsHostAndPort) {
  EXPECT_EQ(parse_listen_address("127.0.0.1:9464").host, "127.0.0.1");
  EXPECT_EQ(parse_listen_address("127.0.0.1:9464").port, "9464");
  EXPECT_EQ(parse_listen_address("localhost:0").host, "localhost");
  EXPECT_EQ(parse_listen_address("[::1]:65535").host, "::1");
  EXPECT_EQ(parse_listen_address("[::1]:65535").port, "65535");
}

TEST(ListenAddress, IsRefusedByName) {
  for (const char* wrong : {"", ":", "9464", ":9464", "host", "host:", "host:http", "host:65536",
                            "host:-1", "host:1000000", "::1:80", "[]:80", "host:80 "}) {
    try {
      parse_listen_address(wrong);
      FAIL() << "\"" << wrong << "\" was taken";
    } catch (const ConfigurationError& error) {
      EXPECT_NE(std::string{error.what()}.find("\"" + std::string{wrong} + "\""), std::string::npos)
          << error.what();
    }
  }
}

TEST(ListenAddress, GetsAFreePort) {
  const Listener one = listen_at("127.0.0.1:0");
  const Listener other = listen_at("127.0.0.1:0");
  EXPECT_NE(one.address, other.address);
  EXPECT_NE(parse_listen_address(one.address).port, "0");
}

TEST(ListenAddress, IsRefusedWhereItCannotBeUsed) {
  const Listener taken = listen_at("127.0.0.1:0");
  EXPECT_THROW(listen_at(taken.address), ConfigurationError);
  EXPECT_THROW(listen_at("192.0.2.1:0"), ConfigurationError);  // of no machine
  EXPECT_THROW(listen_at("no.such.host.invalid:80"), ConfigurationError);
}

}  // namespace
}  // namespace stint
