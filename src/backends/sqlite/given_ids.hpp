/// Ids of jobs, given to statements.
#pragma once
#include <cstdint>
#include <vector>
#include "backends/sqlite/given_table.hpp"

namespace stint::sqlite {

class GivenIds final : public GivenRows {
 public:
  static constexpr const char* kColumns = "id";

  void add(JobId id) { ids_.push_back(id.value); }
  std::size_t size() const override { return ids_.size(); }
  void value(sqlite3_context* to, std::size_t row, int /*column*/) const override {
    give(to, ids_[row]);
  }

 private:
  std::vector<std::int64_t> ids_;
};

}  // namespace stint::sqlite
