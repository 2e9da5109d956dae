/// The table that tasks of `transaction_tasks` write into: one row an execution, no constraint that
/// would hide a second one.
#pragma once
#include <memory>
#include <string>
#include <vector>
#include <libpq-fe.h>
#include "support/store_place.hpp"

namespace stint::test {

/// One row.
struct Effect {
  JobId job;
  Epoch epoch;
  std::string note;

  friend bool operator==(const Effect&, const Effect&) = default;
};

/// Made in the schema of a PostgreSQL place, and dropped with the object.
class EffectTable final {
 public:
  explicit EffectTable(const StorePlace& place);
  ~EffectTable();
  EffectTable(const EffectTable&) = delete;
  EffectTable& operator=(const EffectTable&) = delete;

  /// The name, with its schema, as SQL and as the argument of the tasks.
  const std::string& name() const { return name_; }
  /// By job and epoch.
  std::vector<Effect> rows() const;
  /// Sessions that hold a lock on the table: of transactions that have written into it.
  int writers() const;
  /// Run any statement; returns the first value of each row.
  std::vector<std::string> run(const std::string& text) const;

 private:
  std::unique_ptr<PGconn, decltype(&PQfinish)> connection_;
  std::string name_;
};

}  // namespace stint::test
