/// The nearest spelling for a name that is unknown.
#pragma once
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace stint {

/// Count the edits that turn `a` into `b`: a character added, left out, replaced, or two neighbours
/// exchanged. Upper and lower case are the same, and so are `-` and `_`. Counting ends at `limit +
/// 1`.
int edit_distance(std::string_view a, std::string_view b, int limit);

/// Find the candidate that is likely meant by `name`: at most one edit for each three characters,
/// and at most three. The first of equally near ones. Nothing if none is near.
std::optional<std::string> nearest(std::string_view name,
                                   std::span<const std::string_view> candidates);

/// Return ` (did you mean "x"?)`, or nothing if no candidate is near: to be put behind a wrong
/// name.
std::string did_you_mean(std::string_view name, std::span<const std::string_view> candidates);
std::string did_you_mean(std::string_view name, std::span<const std::string> candidates);
std::string did_you_mean(std::string_view name, std::initializer_list<std::string_view> candidates);

}  // namespace stint
