#include "runtime/thread_output.hpp"
#include <future>
#include <iostream>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace stint {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// Put buffers of the test in place of the program's own output.
class ThreadOutputTest : public ::testing::Test {
 protected:
  ThreadOutputTest()
      : cout_before_(std::cout.rdbuf(out_.rdbuf())), cerr_before_(std::cerr.rdbuf(error_.rdbuf())) {
    hook_.emplace();
  }
  ~ThreadOutputTest() override {
    hook_.reset();
    std::cout.rdbuf(cout_before_);
    std::cerr.rdbuf(cerr_before_);
  }

  OutputLines::Sink sink() {
    return [this](const OutputLine& line) {
      const char* const mark = line.stream == OutputStream::kOut ? "" : "E:";
      seen_.push_back(mark + std::string{line.text});
    };
  }

  std::ostringstream out_;
  std::ostringstream error_;
  std::streambuf* cout_before_;
  std::streambuf* cerr_before_;
  std::optional<OutputHook> hook_;
  std::vector<std::string> seen_;
};

TEST_F(ThreadOutputTest, CapturesLinesOfBothStreams) {
  {
    const ThreadOutput output{{}, sink()};
    std::cout << "one " << 1 << '\n' << std::flush;
    std::cerr << "bad " << 2 << std::endl;  // NOLINT(performance-avoid-endl): flushing is tested
    EXPECT_THAT(seen_, ElementsAre("one 1", "E:bad 2"));
    std::cout << "a\nb\nrest" << std::flush;
    EXPECT_THAT(seen_, ElementsAre("one 1", "E:bad 2", "a", "b"));
    std::cout.put('!').write("?\0", 2);
  }
  EXPECT_EQ(seen_.size(), 5U);
  EXPECT_EQ(seen_.back(), (std::string{"rest!?\0", 7}));
  EXPECT_EQ(out_.str(), "");
  EXPECT_EQ(error_.str(), "");
}

TEST_F(ThreadOutputTest, PassesOnWhatOtherThreadsPrint) {
  const ThreadOutput output{{}, sink()};
  std::thread other{[] {
    std::cout << "other" << '\n' << "half";
    std::cerr << "its error";
  }};
  other.join();
  EXPECT_EQ(out_.str(), "other\nhalf");
  EXPECT_EQ(error_.str(), "its error");
  EXPECT_THAT(seen_, IsEmpty());
}

TEST_F(ThreadOutputTest, PassesOnWhatIsPrintedAfterwards) {
  {
    const ThreadOutput output{{}, sink()};
  }
  std::cout << "after";
  EXPECT_EQ(out_.str(), "after");
  EXPECT_THAT(seen_, IsEmpty());
}

TEST_F(ThreadOutputTest, KeepsTheThreadsApart) {
  constexpr int kThreads = 8;
  constexpr int kLines = 500;
  std::vector<std::vector<std::string>> seen(kThreads);
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < kThreads; ++i) {
      threads.emplace_back([&mine = seen[i], i] {
        const ThreadOutput output{
            {}, [&mine](const OutputLine& line) { mine.emplace_back(line.text); }};
        // As text: how a stream shows numbers is shared by all threads.
        for (int n = 0; n < kLines; ++n) std::cout << std::to_string(i) << ' ' << "x\n";
      });
    }
  }
  for (std::size_t i = 0; i < kThreads; ++i) {
    EXPECT_EQ(seen[i], std::vector<std::string>(kLines, std::to_string(i) + " x"));
  }
  EXPECT_EQ(out_.str(), "");
}

TEST_F(ThreadOutputTest, BoundsWhatItTakes) {
  {
    const ThreadOutput output{{.most_bytes = 100}, sink()};
    const std::string block(1000, 'x');
    for (int i = 0; i < 1000; ++i) std::cout << block << '\n';
  }
  EXPECT_THAT(seen_, ElementsAre("[output cut here: the limit of an attempt is 100 bytes]",
                                 "[1001000 bytes of output were dropped]"));
}

TEST_F(ThreadOutputTest, TheInnermostCaptures) {
  const ThreadOutput outer{{}, sink()};
  {
    std::string inner_line;
    const ThreadOutput inner{{}, [&](const OutputLine& line) { inner_line = line.text; }};
    std::cout << "inner\n";
    EXPECT_EQ(inner_line, "inner");
  }
  std::cout << "outer\n";
  EXPECT_THAT(seen_, ElementsAre("outer"));
}

TEST_F(ThreadOutputTest, AFailingSinkDoesNotBreakTheStream) {
  {
    const ThreadOutput output{{}, [](const OutputLine&) { throw std::runtime_error{"full"}; }};
    std::cout << "lost\nlost as well";
    EXPECT_TRUE(std::cout.good());
  }
  std::cout << "after";
  EXPECT_EQ(out_.str(), "after");
}

TEST_F(ThreadOutputTest, TheLastHookPutsTheBuffersBack) {
  std::streambuf* const ours = std::cout.rdbuf();
  EXPECT_NE(ours, out_.rdbuf());
  {
    const OutputHook second;
    EXPECT_EQ(std::cout.rdbuf(), ours);
  }
  EXPECT_EQ(std::cout.rdbuf(), ours);
  hook_.reset();
  EXPECT_EQ(std::cout.rdbuf(), out_.rdbuf());
  EXPECT_EQ(std::cerr.rdbuf(), error_.rdbuf());
}

TEST_F(ThreadOutputTest, LeavesABufferThatTheProgramPutIn) {
  std::ostringstream own;
  std::streambuf* const ours = std::cout.rdbuf(own.rdbuf());
  hook_.reset();
  EXPECT_EQ(std::cout.rdbuf(), own.rdbuf());
  // The program puts back what it found, which by now is no longer in use.
  std::cout.rdbuf(ours);
  std::cout << "still there";
  EXPECT_EQ(out_.str(), "still there");
  hook_.emplace();
  std::cout << ", again";
  EXPECT_EQ(out_.str(), "still there, again");
}

}  // namespace
}  // namespace stint
