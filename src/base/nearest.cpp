#include "base/nearest.hpp"
#include <algorithm>
#include <cstddef>
#include <utility>

namespace stint {
namespace {

// Longer names are no slips of the fingers, and the cost is the product of the lengths.
constexpr std::size_t kLongestName = 128;

char folded(char letter) {
  if (letter >= 'A' && letter <= 'Z') return static_cast<char>(letter - 'A' + 'a');
  return letter == '-' ? '_' : letter;
}

int most_edits(std::size_t length) { return std::clamp(static_cast<int>(length / 3), 1, 3); }

}  // namespace

int edit_distance(std::string_view a, std::string_view b, int limit) {
  if (std::max(a.size(), b.size()) - std::min(a.size(), b.size()) >
      static_cast<std::size_t>(limit)) {
    return limit + 1;
  }
  // Three rows of the table are enough: an exchange looks two rows back.
  std::vector<int> before_last(b.size() + 1);
  std::vector<int> last(b.size() + 1);
  std::vector<int> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = static_cast<int>(j);
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = static_cast<int>(i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool same = folded(a[i - 1]) == folded(b[j - 1]);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (same ? 0 : 1)});
      const bool exchanged = i > 1 && j > 1 && folded(a[i - 1]) == folded(b[j - 2]) &&
                             folded(a[i - 2]) == folded(b[j - 1]);
      if (exchanged) row[j] = std::min(row[j], before_last[j - 2] + 1);
    }
    std::swap(before_last, last);
    std::swap(last, row);
  }
  return std::min(last[b.size()], limit + 1);
}

std::optional<std::string> nearest(std::string_view name,
                                   std::span<const std::string_view> candidates) {
  if (name.empty() || name.size() > kLongestName) return std::nullopt;
  std::optional<std::string> best;
  int best_distance = most_edits(name.size()) + 1;
  for (const std::string_view candidate : candidates) {
    const int distance = edit_distance(name, candidate, best_distance - 1);
    if (distance < best_distance) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

std::string did_you_mean(std::string_view name, std::span<const std::string_view> candidates) {
  const std::optional<std::string> found = nearest(name, candidates);
  return found ? " (did you mean \"" + *found + "\"?)" : std::string{};
}

std::string did_you_mean(std::string_view name, std::span<const std::string> candidates) {
  const std::vector<std::string_view> views{candidates.begin(), candidates.end()};
  return did_you_mean(name, std::span<const std::string_view>{views});
}

std::string did_you_mean(std::string_view name,
                         std::initializer_list<std::string_view> candidates) {
  return did_you_mean(name,
                      std::span<const std::string_view>{candidates.begin(), candidates.size()});
}

}  // namespace stint
