#include "runtime/log_buffer.hpp"
#include <future>
#include <string>
#include <vector>
#include <gtest/gtest.h>
#include "support/scripted_store.hpp"

namespace stint {
namespace {

using namespace std::chrono_literals;

NewLogLine line(const std::string& text) {
  return {.job = JobId{1}, .epoch = Epoch{1}, .at = {}, .text = text};
}

class LogBufferTest : public ::testing::Test {
 protected:
  LogBufferTest() {
    store_.on_append_log = [this](std::span<const NewLogLine> lines) {
      for (const NewLogLine& one : lines) written_.push_back(one.text);
    };
  }

  test::ScriptedStore store_;
  LogBuffer buffer_;
  std::vector<std::string> written_;
};

TEST_F(LogBufferTest, WritesInOrderAndOnce) {
  buffer_.add(line("a"));
  buffer_.add(line("b"));
  buffer_.flush(store_);
  buffer_.add(line("c"));
  buffer_.flush(store_);
  buffer_.flush(store_);
  EXPECT_EQ(written_, (std::vector<std::string>{"a", "b", "c"}));
}

TEST_F(LogBufferTest, KeepsLinesThroughAnOutage) {
  const auto write = store_.on_append_log;
  store_.on_append_log = [](std::span<const NewLogLine>) { throw test::outage(); };
  buffer_.add(line("a"));
  EXPECT_THROW(buffer_.flush(store_), Error);
  buffer_.add(line("b"));
  store_.on_append_log = write;
  buffer_.flush(store_);
  EXPECT_EQ(written_, (std::vector<std::string>{"a", "b"}));
}

TEST_F(LogBufferTest, DropsLinesThatAreRefused) {
  const auto write = store_.on_append_log;
  store_.on_append_log = [](std::span<const NewLogLine>) { throw test::refusal(); };
  buffer_.add(line("bad"));
  EXPECT_NO_THROW(buffer_.flush(store_)) << "a log must not hold up the jobs' results";
  store_.on_append_log = write;
  buffer_.add(line("good"));
  buffer_.flush(store_);
  EXPECT_EQ(written_, std::vector<std::string>{"good"});
}

TEST_F(LogBufferTest, LetsAWriterFarAheadWait) {
  const std::string megabyte(1 << 20, 'x');
  for (int i = 0; i < 16; ++i) buffer_.add(line(megabyte));
  auto writer = std::async(std::launch::async, [this] { buffer_.add(line("late")); });
  EXPECT_EQ(writer.wait_for(20ms), std::future_status::timeout);
  buffer_.flush(store_);
  writer.get();
  EXPECT_EQ(written_.size(), 16U);
  buffer_.flush(store_);
  EXPECT_EQ(written_.back(), "late");
}

TEST_F(LogBufferTest, LetsWritersGoOnceClosed) {
  const std::string megabyte(1 << 20, 'x');
  for (int i = 0; i < 16; ++i) buffer_.add(line(megabyte));
  auto writer = std::async(std::launch::async, [this] { buffer_.add(line("late")); });
  buffer_.close();
  writer.get();
  buffer_.add(line("later"));
  buffer_.flush(store_);
  EXPECT_TRUE(written_.empty());
}

}  // namespace
}  // namespace stint
