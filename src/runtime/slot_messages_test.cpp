#include "runtime/slot_messages.hpp"
#include <string>
#include <gtest/gtest.h>
#include "stint/json.hpp"

namespace stint::slot {
namespace {

template <typename Message, typename Variant>
Message sent(Message message, std::optional<Variant> (*decode)(std::string_view)) {
  const auto back = decode(encode(Variant{std::move(message)}));
  EXPECT_TRUE(back.has_value());
  return std::get<Message>(*back);
}

TEST(SlotMessages, CarryAJob) {
  Start start;
  start.job = {.id = JobId{7}, .epoch = Epoch{3}, .attempts = 1, .failures = 2, .crashes = 1};
  start.job.timeout = milliseconds{250};
  start.job.flags = JobFlags{JobFlags::kExclusive};
  start.job.task = "t.run";
  start.job.args = R"({"a":1})";
  start.attachments = {std::string("\0\xff", 2), ""};
  const auto back = sent<Start, ToSlot>(start, &decode_for_slot);
  EXPECT_EQ(back.job.id, start.job.id);
  EXPECT_EQ(back.job.epoch, start.job.epoch);
  EXPECT_EQ(back.job.failures, 2);
  EXPECT_EQ(back.job.crashes, 1);
  EXPECT_EQ(back.job.timeout, start.job.timeout);
  EXPECT_TRUE(back.job.flags.exclusive());
  EXPECT_EQ(back.job.args, start.job.args);
  EXPECT_EQ(back.attachments, start.attachments);
}

TEST(SlotMessages, CarryAnEnd) {
  End end;
  end.completion = {.id = JobId{7}, .epoch = Epoch{3}, .outcome = Outcome::kSnoozed};
  end.completion.started = false;
  end.completion.delay = milliseconds{5};
  end.completion.output = "null";
  end.retires = true;
  const auto back = sent<End, ToWorker>(end, &decode_for_worker);
  EXPECT_EQ(back.completion.outcome, Outcome::kSnoozed);
  EXPECT_FALSE(back.completion.started);
  EXPECT_EQ(back.completion.delay, milliseconds{5});
  EXPECT_EQ(back.completion.output, "null");
  EXPECT_TRUE(back.retires);
  EXPECT_FALSE(back.completion.written);
  for (const WriteResult written : {WriteResult::kAccepted, WriteResult::kFenced}) {
    end.completion.written = written;
    EXPECT_EQ((sent<End, ToWorker>(end, &decode_for_worker)).completion.written, written);
  }
}

TEST(SlotMessages, CarryTheOptionsOfAnEnqueue) {
  EnqueueOptions options;
  options.priority = -3;
  options.run_at = std::chrono::system_clock::time_point{std::chrono::seconds{1'700'000'000}};
  options.domain = "mail";
  options.timeout = std::chrono::milliseconds{9};
  options.metadata = {{"trace", "x"}};
  options.tags = {"a", "b"};
  options.idempotency_key = "k";
  const EnqueueOptions back = unpack_options(pack_options(options));
  EXPECT_EQ(back.priority, -3);
  EXPECT_EQ(back.run_at, options.run_at);
  EXPECT_EQ(back.domain, "mail");
  EXPECT_EQ(back.node, std::nullopt);
  EXPECT_EQ(back.timeout, options.timeout);
  EXPECT_EQ(back.metadata, options.metadata);
  EXPECT_EQ(back.tags, options.tags);
  EXPECT_EQ(back.idempotency_key, "k");
}

TEST(SlotMessages, RefuseWhatIsNone) {
  const std::string whole = encode(ToWorker{Progress{0.5, "half"}});
  EXPECT_TRUE(decode_for_worker(whole).has_value());
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(decode_for_worker(whole.substr(0, size)).has_value()) << size;
  }
  EXPECT_FALSE(decode_for_worker(whole + "x").has_value());
  EXPECT_FALSE(decode_for_worker(std::string(64, '\xff')).has_value());
  EXPECT_FALSE(decode_for_slot("\x07 this is no message").has_value());
}

}  // namespace
}  // namespace stint::slot
