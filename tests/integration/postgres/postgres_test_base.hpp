/// What the tests of the PostgreSQL backend start from.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <libpq-fe.h>
#include "backends/postgres/connect_options.hpp"
#include "backends/postgres/connection.hpp"
#include "core/store.hpp"
#include "support/store_place.hpp"

namespace stint::test {

/// Each test has a schema of its own, migrated, and a session beside the store to look at it.
class PostgresTest : public ::testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

  std::string url() const { return place_->url(); }
  std::string url_with(std::string_view parameters) const;
  std::string schema() const { return postgres::parse_connect_options(url()).schema; }
  std::unique_ptr<Store> open(const std::string& url) const;
  Store& store();

  /// Run statements on the session beside the store; `stint.` in them is the test's schema. Returns
  /// the rows, the columns of each separated by `|`.
  std::vector<std::string> run(std::string text);

  /// Columns, indexes, tables, views and functions, one a line.
  std::string describe_schema();

  WorkerId new_worker(Store& store);
  static ClaimRequest claim_of(WorkerId worker, int limit = 10);
  std::vector<JobId> put(int count, const NewJob& job = {.task = "t.run"});

 private:
  std::unique_ptr<StorePlace> place_;
  std::unique_ptr<Store> store_;
  postgres::ConnectionPointer session_;
};

}  // namespace stint::test
