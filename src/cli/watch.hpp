/// --watch: show again what changes, until that ends or somebody stops it.
#pragma once
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include "cli/options.hpp"

namespace stint::cli {

class Context;

/// What one look has found. What it prints goes to the context's output.
struct Look {
  /// What has to differ for a new block where the output is no terminal: times that run on are
  /// not in it. Empty: what was printed.
  std::string content = {};
  bool is_last = false;  ///< nothing will change any more
};

/// Look every few seconds. On a terminal the picture is redrawn in place, on the screen that
/// editors use, so that what was there before comes back; the last picture stays. Elsewhere, and
/// with --json, a block is printed whenever something has changed. Not thread-safe.
class Watch final {
 public:
  /// Add `--watch[=SECONDS]`.
  void declare(OptionTable& options);
  bool is_asked() const { return interval_.has_value(); }

  /// Look again and again. Outages of the store are told of and waited out, but for one at the
  /// first look. Returns the exit code: 0 after the last look, and after SIGINT, which is how a
  /// watch ends; 143 after SIGTERM. Throws what `look` throws, and ClosedPipe once the reader is
  /// gone.
  int run(Context& context, std::string_view title, const std::function<Look()>& look);

 private:
  std::optional<std::chrono::nanoseconds> interval_;
};

/// Compose one picture: a line with the title and what there is to say, an empty one, and as much
/// of `text` as a screen of `rows` lines holds, with the codes that draw it over the former one.
std::string screen_picture(std::string_view title, std::string_view text, std::size_t rows);

}  // namespace stint::cli
