/// Results that have nowhere to go.
#pragma once
#include <stdexcept>

namespace stint::cli {

/// Thrown when results cannot be written, as to a disk that is full: the command ends with 1.
class CannotWrite final : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace stint::cli
