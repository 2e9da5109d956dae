#include "runtime/deliveries.hpp"
#include <future>
#include <thread>
#include <vector>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace stint {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

/// A consumer that can be held.
struct Consumer {
  std::promise<void> entered;
  std::promise<void> may_go_on;
  std::vector<int> taken;

  std::function<void(int&)> holding_first() {
    return [this, gate = may_go_on.get_future().share()](int& value) {
      taken.push_back(value);
      if (taken.size() > 1) return;
      entered.set_value();
      gate.wait();
    };
  }
};

TEST(Deliveries, ComeInOrderOnAnotherThread) {
  std::vector<int> taken;
  std::thread::id thread;
  Deliveries<int> deliveries{10, [&](int& value) {
                               taken.push_back(value);
                               thread = std::this_thread::get_id();
                             }};
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(deliveries.add(i));
  EXPECT_EQ(deliveries.close(20s), 0U);
  EXPECT_THAT(taken, ElementsAre(0, 1, 2, 3, 4));
  EXPECT_NE(thread, std::this_thread::get_id());
  EXPECT_FALSE(deliveries.add(5)) << "it is closed";
}

TEST(Deliveries, NeverHoldUpWhoeverAdds) {
  Consumer consumer;
  Deliveries<int> deliveries{2, consumer.holding_first()};
  EXPECT_TRUE(deliveries.add(0));
  consumer.entered.get_future().wait();
  EXPECT_TRUE(deliveries.add(1));
  EXPECT_TRUE(deliveries.add(2));
  EXPECT_FALSE(deliveries.add(3)) << "two wait already";
  consumer.may_go_on.set_value();
  EXPECT_EQ(deliveries.close(20s), 0U);
  EXPECT_THAT(consumer.taken, ElementsAre(0, 1, 2));
}

TEST(Deliveries, AreDroppedWhenPatienceHasPassed) {
  Consumer consumer;
  Deliveries<int> deliveries{10, consumer.holding_first()};
  deliveries.add(0);
  consumer.entered.get_future().wait();
  deliveries.add(1);
  deliveries.add(2);
  auto dropped = std::async(std::launch::async, [&] { return deliveries.close(0s); });
  // It waits for the call that runs.
  EXPECT_EQ(dropped.wait_for(20ms), std::future_status::timeout);
  consumer.may_go_on.set_value();
  EXPECT_EQ(dropped.get(), 2U);
  EXPECT_THAT(consumer.taken, ElementsAre(0));
}

TEST(Deliveries, MayBeClosedByTheConsumer) {
  std::promise<void> closed;
  Deliveries<int>* self = nullptr;
  Deliveries<int> deliveries{10, [&](int&) {
                               EXPECT_EQ(self->close(20s), 0U);
                               closed.set_value();
                             }};
  self = &deliveries;
  deliveries.add(0);
  closed.get_future().wait();
  EXPECT_FALSE(deliveries.add(1));
}

}  // namespace
}  // namespace stint
