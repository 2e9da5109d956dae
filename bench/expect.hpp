/// A bench that did not do its work measures nothing.
#pragma once
#include <cstdint>
#include <stdexcept>
#include <fmt/format.h>

namespace stint::bench {

/// Throws std::runtime_error unless as many jobs were done as there were to do.
inline void expect(std::int64_t count, std::int64_t expected) {
  if (count != expected) {
    throw std::runtime_error{fmt::format("did {} jobs in place of {}", count, expected)};
  }
}

}  // namespace stint::bench
