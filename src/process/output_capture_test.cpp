#include "process/output_capture.hpp"
#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <vector>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include "stint/error.hpp"

namespace stint {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::StartsWith;

void write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::write(descriptor, text.data(), text.size());
    ASSERT_GT(count, 0);
    text.remove_prefix(static_cast<std::size_t>(count));
  }
}

class OutputCaptureTest : public ::testing::Test {
 protected:
  std::unique_ptr<OutputCapture> make(CaptureLimits limits = {}) {
    return std::make_unique<OutputCapture>(
        limits,
        [this](const OutputLine& line) {
          const char* const mark = line.stream == OutputStream::kOut ? "" : "E:";
          seen_.push_back(mark + std::string{line.text});
        },
        clock_);
  }

  ManualClock clock_;
  std::vector<std::string> seen_;
};

TEST_F(OutputCaptureTest, ReadsBothStreams) {
  const auto capture = make();
  write_all(capture->out(), "one\ntwo\n");
  write_all(capture->error(), "bad\n");
  capture->read_some();
  EXPECT_THAT(seen_, ElementsAre("one", "two", "E:bad"));
  EXPECT_EQ(capture->bytes(), 12U);
}

TEST_F(OutputCaptureTest, DoesNotWait) {
  const auto capture = make();
  capture->read_some();
  capture->finish();
  EXPECT_THAT(seen_, IsEmpty());
}

TEST_F(OutputCaptureTest, WritersWaitWhereReadersDoNot) {
  const auto capture = make();
  EXPECT_EQ(::fcntl(capture->out(), F_GETFL) & O_NONBLOCK, 0);
  EXPECT_NE(::fcntl(capture->out_descriptor(), F_GETFL) & O_NONBLOCK, 0);
  EXPECT_NE(::fcntl(capture->out(), F_GETFD) & FD_CLOEXEC, 0);
  EXPECT_NE(::fcntl(capture->error_descriptor(), F_GETFD) & FD_CLOEXEC, 0);
}

TEST_F(OutputCaptureTest, TellsTheEndOfAStream) {
  const auto capture = make();
  write_all(capture->out(), "last words");
  capture->close_write_ends();
  EXPECT_EQ(capture->out(), -1);
  EXPECT_GE(capture->out_descriptor(), 0);
  capture->read_some();
  EXPECT_EQ(capture->out_descriptor(), -1);
  EXPECT_EQ(capture->error_descriptor(), -1);
  EXPECT_THAT(seen_, ElementsAre("last words"));
  capture->finish();
  EXPECT_THAT(seen_, ElementsAre("last words"));
}

TEST_F(OutputCaptureTest, HandsOnWhatHasNoLineEndAfterAWhile) {
  const auto capture = make();
  write_all(capture->out(), "50 %");
  capture->read_some();
  EXPECT_THAT(seen_, IsEmpty());
  EXPECT_EQ(capture->until_due(), 500ms);
  clock_.advance(500ms);
  EXPECT_EQ(capture->until_due(), 0ms);
  capture->read_some();
  EXPECT_THAT(seen_, ElementsAre("50 %"));
  EXPECT_GE(capture->until_due(), 1min);
}

TEST_F(OutputCaptureTest, FinishesThoughAPipeIsHeldOpen) {
  const auto capture = make();
  const UniqueFd held{::dup(capture->out())};
  write_all(held.get(), "printed\nand half a line");
  capture->close_write_ends();
  capture->finish();
  EXPECT_THAT(seen_, ElementsAre("printed", "and half a line"));
  EXPECT_EQ(capture->out_descriptor(), -1);
  ::signal(SIGPIPE, SIG_IGN);
  EXPECT_EQ(::write(held.get(), "x", 1), -1);
  EXPECT_EQ(errno, EPIPE);
}

TEST_F(OutputCaptureTest, FinishesThoughSomebodyWritesForEver) {
  ::signal(SIGPIPE, SIG_IGN);
  const auto capture = make({.most_bytes = 1000});
  UniqueFd held{::dup(capture->out())};
  std::thread writer{[&held] {
    const std::string text(8192, 'y');
    while (::write(held.get(), text.data(), text.size()) > 0) {
    }
  }};
  pollfd ready{.fd = capture->out_descriptor(), .events = POLLIN, .revents = 0};
  ASSERT_EQ(::poll(&ready, 1, 60'000), 1);
  capture->finish();
  EXPECT_EQ(capture->out_descriptor(), -1);
  EXPECT_GT(capture->bytes(), 0U);
  writer.join();  // its write failed: nobody reads any more
}

TEST_F(OutputCaptureTest, FinishReadsAllThatAPipeHolds) {
  const auto capture = make({.longest_line = 4096});
  ::fcntl(capture->out(), F_SETFL, O_NONBLOCK);
  const std::string text = std::string(1023, 'z') + "\n";
  std::size_t written = 0;
  while (::write(capture->out(), text.data(), text.size()) > 0) ++written;
  ASSERT_GT(written, 10U);
  capture->finish();
  EXPECT_EQ(capture->bytes(), written * text.size());
  EXPECT_EQ(seen_.size(), written);
}

TEST_F(OutputCaptureTest, FreesItsDescriptors) {
  const int free_before = ::dup(0);
  ::close(free_before);
  {
    const auto capture = make();
    write_all(capture->out(), "x");
  }
  const int free_after = ::dup(0);
  ::close(free_after);
  EXPECT_EQ(free_after, free_before);
}

/// Let this process open only so many descriptors more for a scope.
class FewDescriptors final {
 public:
  explicit FewDescriptors(int more) {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const int next = ::dup(0);
    ::close(next);
    rlimit few = before_;
    few.rlim_cur = static_cast<rlim_t>(next) + static_cast<rlim_t>(more);
    ::setrlimit(RLIMIT_NOFILE, &few);
  }
  ~FewDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  FewDescriptors(const FewDescriptors&) = delete;
  FewDescriptors& operator=(const FewDescriptors&) = delete;

 private:
  rlimit before_{};
};

TEST_F(OutputCaptureTest, SaysThatThereAreNoDescriptors) {
  // UBSan opens a pipe when it looks at an object of a type for the first time: not below, please.
  ASSERT_EQ((Error{ErrorCode::kUnavailable, ""}.code()), ErrorCode::kUnavailable);
  const int next_before = ::dup(0);
  ::close(next_before);
  try {
    const FewDescriptors few{3};  // one pipe fits, the second does not
    make();
    ADD_FAILURE() << "there were descriptors";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUnavailable);
    EXPECT_THAT(error.what(), StartsWith("no pipe for a job's output: "));
  }
  const int next_after = ::dup(0);
  ::close(next_after);
  EXPECT_EQ(next_after, next_before);
}

/// Read until both streams have ended.
void read_to_the_end(OutputCapture& capture) {
  while (capture.out_descriptor() >= 0 || capture.error_descriptor() >= 0) {
    std::array<pollfd, 2> ends{pollfd{capture.out_descriptor(), POLLIN, 0},
                               pollfd{capture.error_descriptor(), POLLIN, 0}};
    ASSERT_GT(::poll(ends.data(), ends.size(), 60'000), 0);
    capture.read_some();
  }
}

long peak_kilobytes() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

TEST(OutputCapture, TakesFloodsInLittleMemory) {
  const std::size_t megabytes = std::getenv("STINT_FULL") != nullptr ? 1024 : 128;
  std::size_t lines = 0;
  std::size_t line_bytes = 0;
  std::string last;
  OutputCapture capture{{.most_bytes = std::size_t{1} << 20}, [&](const OutputLine& line) {
                          ++lines;
                          line_bytes += line.text.size();
                          last = line.text;
                        }};
  const long peak_before = peak_kilobytes();
  std::thread writer{[megabytes, descriptor = UniqueFd{::dup(capture.out())}] {
    std::string block;
    while (block.size() < (std::size_t{1} << 20)) block += std::string(63, 'f') + "\n";
    for (std::size_t i = 0; i < megabytes; ++i) write_all(descriptor.get(), block);
  }};
  capture.close_write_ends();
  read_to_the_end(capture);
  writer.join();
  capture.finish();
  EXPECT_EQ(capture.bytes(), megabytes << 20);
  EXPECT_EQ(lines, (std::size_t{1} << 20) / 64 + 2);
  EXPECT_EQ(last, "[" + std::to_string((megabytes - 1) << 20) + " bytes of output were dropped]");
  EXPECT_LT(line_bytes, std::size_t{1} << 20);
  EXPECT_LT(peak_kilobytes() - peak_before, 64 * 1024);
}

TEST(OutputCapture, KeepsTheOrderWithinEachStream) {
  constexpr int kLines = 20'000;
  std::array<int, 2> next{};
  bool in_order = true;
  OutputCapture capture{{}, [&](const OutputLine& line) {
                          int& expected = next[line.stream == OutputStream::kOut ? 0 : 1];
                          in_order = in_order && line.text == std::to_string(expected);
                          ++expected;
                        }};
  const auto print = [](int descriptor) {
    const UniqueFd own{descriptor};
    for (int i = 0; i < kLines; ++i) write_all(own.get(), std::to_string(i) + "\n");
  };
  std::thread out{print, ::dup(capture.out())};
  std::thread error{print, ::dup(capture.error())};
  capture.close_write_ends();
  read_to_the_end(capture);
  out.join();
  error.join();
  EXPECT_TRUE(in_order);
  EXPECT_THAT(next, ElementsAre(kLines, kLines));
}

}  // namespace
}  // namespace stint
