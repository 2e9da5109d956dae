#include <thread>
#include "support/store_contract.hpp"

namespace stint::test {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

/// Before there are tables.
class SchemaContract : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    std::string missing;
    place_ = make_store_place(GetParam(), missing);
    if (place_) return;
    ASSERT_FALSE(is_required(GetParam())) << missing;
    GTEST_SKIP() << missing;
  }

  std::unique_ptr<StorePlace> place_;
};
STINT_ON_EVERY_STORE_IN_PROCESS(SchemaContract);

TEST_P(SchemaContract, HasVersionZeroWithoutTables) {
  EXPECT_EQ(place_->open_schema()->version(), 0);
}

TEST_P(SchemaContract, AppliesEachMigrationOnce) {
  const auto schema = place_->open_schema();
  EXPECT_THAT(schema->migrate(), SizeIs(static_cast<std::size_t>(schema->newest_version())));
  EXPECT_EQ(schema->version(), schema->newest_version());
  EXPECT_THAT(schema->migrate(), IsEmpty());
  EXPECT_THAT(place_->open_schema()->migrate(), IsEmpty());
  EXPECT_NO_THROW(place_->open());
}

TEST_P(SchemaContract, PrintsWhatItWouldRun) {
  const auto schema = place_->open_schema();
  EXPECT_NE(schema->migration_script().find("create table"), std::string::npos);
  EXPECT_EQ(schema->version(), 0);
}

TEST_P(SchemaContract, IsMigratedBySeveralProgramsAtOnce) {
  std::atomic<int> applied{0};
  {
    std::vector<std::jthread> threads;
    threads.reserve(4);
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([this, &applied] {
        applied.fetch_add(static_cast<int>(place_->open_schema()->migrate().size()));
      });
    }
  }
  EXPECT_EQ(applied.load(), place_->open_schema()->newest_version());
}

TEST_P(SchemaContract, KeepsJobsWhenItIsMigratedAgain) {
  place_->open_schema()->migrate();
  const NewJob job{.task = "t.run"};
  const JobId id = place_->open()->enqueue({&job, 1}).at(0).id;
  place_->open_schema()->migrate();
  EXPECT_TRUE(place_->open()->find_job(id).has_value());
}

TEST_P(SchemaContract, DropsAllAndCanBeMadeAnew) {
  const auto schema = place_->open_schema();
  schema->migrate();
  const NewJob job{.task = "t.run"};
  place_->open()->enqueue({&job, 1});
  schema->reset();
  EXPECT_EQ(schema->version(), 0);
  schema->reset();
  EXPECT_THAT(schema->migrate(), SizeIs(static_cast<std::size_t>(schema->newest_version())));
  EXPECT_THAT(place_->open()->list_jobs({}), IsEmpty());
}

}  // namespace
}  // namespace stint::test
