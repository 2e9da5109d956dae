/// Where results go: standard output.
#pragma once
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace stint::cli {

/// Thrown when whoever reads our output has closed it: the command ends quietly, with 0.
class ClosedPipe final : public std::runtime_error {
 public:
  ClosedPipe() : std::runtime_error("standard output was closed by its reader") {}
};

/// Collect text for standard output and write it in large pieces. Not thread-safe.
class Output {
 public:
  Output() = default;
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  /// Add text; written once 64 KiB are together, and by `flush`. Throws ClosedPipe, CannotWrite.
  void write(std::string_view text);
  /// Add text and a line's end.
  void line(std::string_view text);
  /// Return what `work` writes, in place of writing it.
  std::string captured(const std::function<void()>& work);
  /// Write what is left. Throws ClosedPipe, CannotWrite with the system's reason.
  void flush();

 private:
  std::string pending_;
  bool is_captured_ = false;
};

/// Write a line to standard error at once, in one piece. Failures are ignored: there is nobody left
/// to tell.
void write_error_line(std::string_view text) noexcept;

}  // namespace stint::cli
