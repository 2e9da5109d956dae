#include "core/histogram.hpp"
#include <cstddef>
#include <numeric>

namespace stint {

using std::chrono::nanoseconds;

std::int64_t HistogramSnapshot::count() const {
  return std::accumulate(buckets.begin(), buckets.end(), std::int64_t{0});
}

std::optional<nanoseconds> HistogramSnapshot::quantile(double share) const {
  const std::int64_t all = count();
  if (all == 0) return std::nullopt;
  const double wanted = share * static_cast<double>(all);
  double before = 0;
  nanoseconds from{0};
  for (std::size_t i = 0; i < kBounds.size(); ++i) {
    const nanoseconds to = kBounds[i];
    const auto here = static_cast<double>(buckets[i]);
    if (here > 0 && before + here >= wanted) {
      const double place = (wanted - before) / here;
      return from + std::chrono::duration_cast<nanoseconds>((to - from) * place);
    }
    before += here;
    from = to;
  }
  return from;  // longer than the last bound: more is not known
}

HistogramSnapshot& HistogramSnapshot::operator+=(const HistogramSnapshot& other) {
  for (std::size_t i = 0; i < buckets.size(); ++i) buckets[i] += other.buckets[i];
  sum += other.sum;
  return *this;
}

HistogramSnapshot& HistogramSnapshot::operator-=(const HistogramSnapshot& other) {
  for (std::size_t i = 0; i < buckets.size(); ++i) buckets[i] -= other.buckets[i];
  sum -= other.sum;
  return *this;
}

}  // namespace stint
