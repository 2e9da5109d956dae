/// Insert jobs.
#pragma once
#include <span>
#include <string_view>
#include <vector>
#include "backends/sqlite/given_table.hpp"
#include "backends/sqlite/writer.hpp"

namespace stint::sqlite {

/// Insert jobs. Has the table of the statements that do. Not thread-safe.
class Enqueuer final {
 public:
  explicit Enqueuer(Connection& connection);

  std::vector<Enqueued> enqueue(Transaction& transaction, std::span<const NewJob> jobs);

 private:
  GivenTable table_;
};

/// Give away the next number of a sequence ("job", "worker").
std::int64_t next_number(Connection& connection, std::string_view sequence);

}  // namespace stint::sqlite
