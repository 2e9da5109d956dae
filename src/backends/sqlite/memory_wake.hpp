/// How sleepers of one process learn that jobs came.
#pragma once
#include <memory>
#include <set>
#include <span>
#include <string>
#include "backends/sqlite/wake.hpp"

namespace stint::sqlite {

/// Tell the sleepers of this process.
class MemoryWake final : public Wake {
 public:
  MemoryWake();

  void notify(const std::set<std::string>& domains) noexcept override;
  std::unique_ptr<WakeUp> make_wake_up(std::span<const std::string> domains) const override;

  struct Events;

 private:
  const std::shared_ptr<Events> events_;
};

}  // namespace stint::sqlite
