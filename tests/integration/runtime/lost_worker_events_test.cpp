// What workers tell of a worker that was killed, or stood still for longer than its lease.
#include <csignal>
#include <memory>
#include <optional>
#include <string>
#include <vector>
#include <gtest/gtest.h>
#include "base/clock.hpp"
#include "stint/json.hpp"
#include "support/child.hpp"
#include "support/eventually.hpp"
#include "support/store_contract.hpp"

namespace stint::test {
namespace {

/// A worker whose events can be read one after the other.
class EventWorker final {
 public:
  EventWorker(const std::string& url, const std::string& settings)
      : child_({test_program("event_worker"), url, settings}) {}

  Child& child() { return child_; }
  json next() { return json::parse(child_.read_line()); }
  /// The next event of this kind; those before it are left aside.
  json next(const std::string& kind) {
    for (;;) {
      if (json event = next(); event["kind"] == kind) return event;
    }
  }

 private:
  Child child_;
};

class LostWorkerEvents : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    std::string missing;
    place_ = make_store_place(GetParam(), missing);
    if (!place_) {
      ASSERT_FALSE(is_required(GetParam())) << missing;
      GTEST_SKIP() << missing;
    }
    place_->open_schema()->migrate();
    store_ = place_->open();
  }

  JobId enqueue(const NewJob& job) { return store_->enqueue({&job, 1}).at(0).id; }
  WorkerRecord registered(const json& event) {
    for (WorkerRecord& one : store_->list_workers(true)) {
      if (one.id.value == event["worker"].get<std::int64_t>()) return std::move(one);
    }
    throw std::logic_error{"the store does not know the worker"};
  }

  std::unique_ptr<StorePlace> place_;
  std::unique_ptr<Store> store_;
};
STINT_ON_EVERY_STORE(LostWorkerEvents);

TEST_P(LostWorkerEvents, TellWhatTheRescueOfAKilledWorkerDid) {
  EventWorker killed{place_->url(), ""};
  const json dead = killed.next("registered");
  const JobId again = enqueue({.task = "e.wait"});
  const JobId once = enqueue({.task = "e.wait_once", .flags = JobFlags{JobFlags::kAtMostOnce}});
  killed.next("started");
  killed.next("started");
  EventWorker other{place_->url(), ""};
  const json alive = other.next("registered");
  killed.child().signal(SIGKILL);
  const json rescued = other.next("rescued");
  EXPECT_EQ(rescued["rescued"], dead["worker"]);
  EXPECT_EQ(rescued["worker"], alive["worker"]);
  EXPECT_EQ(rescued["crashed"], 2);
  EXPECT_EQ(rescued["failed"], 1);
  EXPECT_EQ(rescued["interrupted"], 0);
  EXPECT_EQ(store_->find_job(again)->state, JobState::kScheduled);
  EXPECT_EQ(store_->find_job(once)->state, JobState::kFailed);
  other.child().signal(SIGTERM);
  EXPECT_EQ(other.next()["kind"], "left");
  EXPECT_EQ(other.child().wait(), 0);
}

TEST_P(LostWorkerEvents, TellThatALeaseWasLostAndOfTheRegistrationAnew) {
  EventWorker paused{place_->url(), "[worker]\nlease = 1\nheartbeat = 0.2\n"};
  const json before = paused.next("registered");
  const JobId id = enqueue({.task = "e.wait"});
  EXPECT_EQ(paused.next("started")["job"], id.value);
  paused.child().signal(SIGSTOP);
  const auto paused_at = real_clock().boot_now();
  ASSERT_TRUE(eventually([&] { return real_clock().boot_now() - paused_at > seconds{1}; }));
  const WorkerRecord worker = registered(before);
  ASSERT_TRUE(store_->rescue({.worker = worker.id, .beat = worker.beat}).was_dead);
  paused.child().signal(SIGCONT);
  const json lost = paused.next();
  EXPECT_EQ(lost["kind"], "lease lost");
  EXPECT_EQ(lost["worker"], before["worker"]);
  const json after = paused.next();
  EXPECT_EQ(after["kind"], "registered");
  EXPECT_NE(after["worker"], before["worker"]);
  // Its job goes on, and is refused when it brings its end.
  paused.child().signal(SIGTERM);
  const json fenced = paused.next();
  EXPECT_EQ(fenced["kind"], "fenced");
  EXPECT_EQ(fenced["job"], id.value);
  EXPECT_EQ(paused.next()["kind"], "left");
  EXPECT_EQ(paused.child().wait(), 0);
}

}  // namespace
}  // namespace stint::test
