#include "process/channel.hpp"
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <array>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>
#include <gtest/gtest.h>

namespace stint {
namespace {

/// The two ends of a pair; either may be closed.
struct Ends {
  std::unique_ptr<Channel> ours;
  std::unique_ptr<Channel> theirs;
};

Ends make_ends() {
  auto [one, other] = Channel::make_pair();
  return {std::make_unique<Channel>(std::move(one)), std::make_unique<Channel>(std::move(other))};
}

std::size_t open_descriptors() {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator{"/proc/self/fd"}) {
    ++count;
  }
  return count;
}

std::string pattern(std::size_t size, char seed) {
  std::string text(size, '\0');
  for (std::size_t at = 0; at < size; ++at) {
    text[at] = static_cast<char>(static_cast<std::size_t>(seed) + at * 31 + at / 251);
  }
  return text;
}

TEST(Channel, KeepsMessagesOfAllSizesWholeAndInOrder) {
  const Ends ends = make_ends();
  const std::vector<std::size_t> sizes{0, 1, 60 << 10, (60 << 10) + 1, 64 << 10, 5'000'000, 0, 7};
  std::thread sender{[&] {
    for (const std::size_t size : sizes) EXPECT_TRUE(ends.theirs->send(pattern(size, 'a')));
  }};
  for (const std::size_t size : sizes) {
    ChannelMessage message{.text = "former"};
    ASSERT_EQ(ends.ours->wait(message), Received::kMessage);
    EXPECT_TRUE(message.text == pattern(size, 'a')) << size;
    EXPECT_TRUE(message.descriptors.empty());
  }
  sender.join();
  ChannelMessage message;
  EXPECT_EQ(ends.ours->receive(message), Received::kNothing);
}

TEST(Channel, SendsDescriptorsWithSmallAndLargeMessages) {
  const Ends ends = make_ends();
  const std::size_t before = open_descriptors();
  for (const std::size_t size : {std::size_t{0}, std::size_t{200'000}}) {
    std::array<int, 2> pipe{};
    ASSERT_EQ(::pipe2(pipe.data(), O_CLOEXEC), 0);
    const std::string text = pattern(size, 'd');
    std::thread sender{[&] { EXPECT_TRUE(ends.theirs->send(text, {pipe[1], pipe[1]})); }};
    ChannelMessage message;
    ASSERT_EQ(ends.ours->wait(message), Received::kMessage);
    sender.join();
    ::close(pipe[1]);
    EXPECT_EQ(message.text, text);
    ASSERT_EQ(message.descriptors.size(), 2U);
    EXPECT_NE(::fcntl(message.descriptors[0].get(), F_GETFD) & FD_CLOEXEC, 0);
    ASSERT_EQ(::write(message.descriptors[1].get(), "x", 1), 1);
    char byte = 0;
    EXPECT_EQ(::read(pipe[0], &byte, 1), 1);
    EXPECT_EQ(byte, 'x');
    ::close(pipe[0]);
  }
  EXPECT_EQ(open_descriptors(), before);
}

TEST(Channel, RefusesMoreThanTheLimits) {
  const Ends ends = make_ends();
  EXPECT_FALSE(ends.ours->send("", std::vector<int>(Channel::kMostDescriptors + 1, 0)));
  EXPECT_FALSE(ends.ours->send(std::string(Channel::kMostBytes + 1, 'x')));
  ASSERT_TRUE(ends.ours->send("still", std::vector<int>(Channel::kMostDescriptors, 0)));
  ChannelMessage message;
  ASSERT_EQ(ends.theirs->wait(message), Received::kMessage);
  EXPECT_EQ(message.text, "still");
  EXPECT_EQ(message.descriptors.size(), Channel::kMostDescriptors);
}

TEST(Channel, KeepsTheMessagesOfManySendersApart) {
  const Ends ends = make_ends();
  constexpr std::size_t kSenders = 4;
  constexpr std::size_t kEach = 25;
  std::vector<std::thread> senders;
  senders.reserve(kSenders);
  for (std::size_t sender = 0; sender < kSenders; ++sender) {
    senders.emplace_back([&, sender] {
      const char name = static_cast<char>('A' + sender);
      for (std::size_t at = 0; at < kEach; ++at) {
        EXPECT_TRUE(ends.theirs->send(name + pattern(at * 9'000, name)));
      }
    });
  }
  std::array<std::size_t, kSenders> next{};
  for (std::size_t count = 0; count < kSenders * kEach; ++count) {
    ChannelMessage message;
    ASSERT_EQ(ends.ours->wait(message), Received::kMessage);
    const char name = message.text.at(0);
    std::size_t& at = next.at(static_cast<std::size_t>(name - 'A'));
    EXPECT_TRUE(message.text == name + pattern(at * 9'000, name)) << name << at;
    ++at;
  }
  for (std::thread& sender : senders) sender.join();
}

TEST(Channel, FindsGarbageForGood) {
  const std::size_t before = open_descriptors();
  std::array<char, 16> claims_too_much{'s', 'n', 't', '1'};
  claims_too_much[14] = 1;  // 2^48 bytes
  const std::vector<std::string> packets{"",
                                         "x",
                                         std::string(16, 'x'),
                                         std::string(100'000, 'x'),
                                         std::string{claims_too_much.data(), 16},
                                         std::string{"snt2\0\0\0\0\0\0\0\0\0\0\0\0", 16},
                                         std::string{"snt1\1\0\0\0\0\0\0\0\0\0\0\0", 16},
                                         std::string{"snt1\0\0\0\0\5\0\0\0\0\0\0\0abc", 19}};
  for (const std::string& packet : packets) {
    auto [raw, other] = Channel::make_pair();
    Channel channel{std::move(other)};
    ASSERT_EQ(::send(raw.get(), packet.data(), packet.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(packet.size()));
    ChannelMessage message;
    EXPECT_EQ(channel.wait(message), Received::kGarbage) << packet;
    Channel{std::move(raw)}.send("sound");
    EXPECT_EQ(channel.wait(message), Received::kGarbage) << packet;
  }
  EXPECT_EQ(open_descriptors(), before);
}

TEST(Channel, FindsTooManyDescriptorsToBeGarbageAndKeepsNone) {
  auto [raw, other] = Channel::make_pair();
  Channel channel{std::move(other)};
  const std::size_t before = open_descriptors();
  const std::vector<int> descriptors(20, STDIN_FILENO);
  alignas(cmsghdr) std::array<char, CMSG_SPACE(20 * sizeof(int))> control{};
  char byte = 'x';
  iovec part{.iov_base = &byte, .iov_len = 1};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  cmsghdr* const entry = CMSG_FIRSTHDR(&message);
  entry->cmsg_level = SOL_SOCKET;
  entry->cmsg_type = SCM_RIGHTS;
  entry->cmsg_len = CMSG_LEN(20 * sizeof(int));
  std::memcpy(CMSG_DATA(entry), descriptors.data(), 20 * sizeof(int));
  ASSERT_EQ(::sendmsg(raw.get(), &message, MSG_NOSIGNAL), 1);
  ChannelMessage to;
  EXPECT_EQ(channel.wait(to), Received::kGarbage);
  EXPECT_EQ(open_descriptors(), before);
}

TEST(Channel, GivesWhatWasSentBeforeTheEnd) {
  Ends ends = make_ends();
  ASSERT_TRUE(ends.ours->send("never read"));  // makes the peer's close a reset
  ASSERT_TRUE(ends.theirs->send("last words"));
  ends.theirs.reset();
  ChannelMessage message;
  ASSERT_EQ(ends.ours->wait(message), Received::kMessage);
  EXPECT_EQ(message.text, "last words");
  EXPECT_EQ(ends.ours->wait(message), Received::kClosed);
  EXPECT_FALSE(ends.ours->send("nobody"));  // SIGPIPE would have ended this test
}

TEST(Channel, EndsASendersWaitWhenThePeerGoes) {
  Ends ends = make_ends();
  std::thread sender{[&] {
    while (ends.ours->send(pattern(300'000, 'w'))) {
    }
  }};
  pollfd entry{.fd = ends.theirs->descriptor(), .events = POLLIN, .revents = 0};
  ASSERT_EQ(::poll(&entry, 1, 20'000), 1);
  ends.theirs.reset();
  sender.join();
}

TEST(Channel, LetsThePeerSendOnAfterItsOwnLastWord) {
  const Ends ends = make_ends();
  ASSERT_TRUE(ends.ours->send("done"));
  ends.ours->stop_sending();
  ChannelMessage message;
  ASSERT_EQ(ends.theirs->wait(message), Received::kMessage);
  EXPECT_EQ(ends.theirs->wait(message), Received::kClosed);
  EXPECT_TRUE(ends.theirs->send("answer"));
  ASSERT_EQ(ends.ours->wait(message), Received::kMessage);
  EXPECT_EQ(message.text, "answer");
}

}  // namespace
}  // namespace stint
