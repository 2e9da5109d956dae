#include "base/service_socket.hpp"
#include <unistd.h>
#include <cstdlib>
#include <string>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "stint/error.hpp"
#include "support/datagram_receiver.hpp"
#include "support/temporary_folder.hpp"

namespace stint::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Optional;

TEST(ServiceSocket, SpeaksToAPath) {
  const TemporaryFolder folder;
  const std::string path = (folder.path() / "notify").string();
  const DatagramReceiver manager{path};
  const ServiceSocket socket{path};
  EXPECT_TRUE(socket.send("READY=1\n"));
  EXPECT_TRUE(socket.send("WATCHDOG=1\nSTATUS=well\n"));
  EXPECT_THAT(manager.receive(), Optional(std::string{"READY=1\n"}));
  EXPECT_THAT(manager.receive(), Optional(std::string{"WATCHDOG=1\nSTATUS=well\n"}));
}

TEST(ServiceSocket, SpeaksToAnAbstractName) {
  const std::string name = "@stint-service-socket-test-" + std::to_string(::getpid());
  const DatagramReceiver manager{name};
  EXPECT_TRUE(ServiceSocket{name}.send("READY=1\n"));
  EXPECT_THAT(manager.receive(), Optional(std::string{"READY=1\n"}));
}

TEST(ServiceSocket, GoesOnWithoutAManager) {
  EXPECT_FALSE(ServiceSocket{}.is_open());
  EXPECT_FALSE(ServiceSocket{}.send("READY=1\n"));
  EXPECT_FALSE(ServiceSocket{""}.send("READY=1\n"));
  EXPECT_FALSE(ServiceSocket{"/nowhere/notify"}.send("READY=1\n"));
}

TEST(ServiceSocket, RefusesWhatIsNoAddress) {
  for (const std::string wrong : {"notify", "@", "/", "vsock:2:1234"}) {
    try {
      const ServiceSocket socket{wrong};
      ADD_FAILURE() << wrong;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kConfiguration);
      EXPECT_THAT(error.what(), HasSubstr("NOTIFY_SOCKET=" + wrong));
    }
  }
  EXPECT_THROW(ServiceSocket("/" + std::string(200, 'x')), Error);
}

class ServiceRequestTest : public ::testing::Test {
 protected:
  ~ServiceRequestTest() override {
    for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) ::unsetenv(name);
  }
  static ServiceRequest take(const std::string& microseconds, const std::string& process) {
    ::setenv("NOTIFY_SOCKET", "/run/notify", 1);
    ::setenv("WATCHDOG_USEC", microseconds.c_str(), 1);
    ::setenv("WATCHDOG_PID", process.c_str(), 1);
    return take_service_request();
  }
};

TEST_F(ServiceRequestTest, IsTakenAway) {
  const ServiceRequest request = take("3000000", std::to_string(::getpid()));
  EXPECT_EQ(request.socket, "/run/notify");
  EXPECT_EQ(request.watchdog, std::chrono::seconds{3});
  // So that no program that a task starts speaks for this one.
  for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) {
    EXPECT_EQ(std::getenv(name), nullptr) << name;
  }
  const ServiceRequest none = take_service_request();
  EXPECT_EQ(none.socket, "");
  EXPECT_EQ(none.watchdog.count(), 0);
}

TEST_F(ServiceRequestTest, LeavesAnothersWatchdog) {
  EXPECT_EQ(take("3000000", "1").watchdog.count(), 0);
  EXPECT_EQ(take("3000000", "").watchdog, std::chrono::seconds{3}) << "for whoever listens";
  EXPECT_EQ(take("soon", "").watchdog.count(), 0);
  EXPECT_EQ(take("-5", "").watchdog.count(), 0);
}

}  // namespace
}  // namespace stint::test
