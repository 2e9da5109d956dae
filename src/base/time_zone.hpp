/// Time zones: how far local time is from UTC at a moment, and which moment a local time is.
#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>
#include "base/zone_rule.hpp"

namespace stint {

/// A zone of the system's tz data (`$TZDIR`, else /usr/share/zoneinfo), read from its TZif file
/// (RFC 9636) with the rule for the years after its last entry. Immutable; lives as long as the
/// program.
///
/// Howard Hinnant's date library, as Debian 12 has it, takes no notice of that rule: by it there is
/// no summer time after 2037.
class TimeZone final {
 public:
  /// UTC, which needs no data.
  static const TimeZone& utc();
  /// Find a zone by its IANA name, such as "Europe/Berlin"; null if the tz data has none. Reads the
  /// file at the first call for a name. Thread-safe.
  static const TimeZone* find(std::string_view name);
  /// Read the content of a TZif file; nothing if it is none.
  static std::optional<TimeZone> parse(std::string name, std::string_view content);

  const std::string& name() const { return name_; }
  /// What is added to UTC for local time.
  std::chrono::seconds offset_at(std::chrono::sys_seconds moment) const;
  std::chrono::local_seconds to_local(std::chrono::sys_seconds moment) const;
  /// Find the moment of a local time. Where clocks were put back it comes twice: the one with
  /// `preferred` as its offset is taken, else the first. Where clocks were put forward it may not
  /// exist: then it is moved on by as much as the clocks were (02:30 becomes 03:30).
  std::chrono::sys_seconds to_system(std::chrono::local_seconds local,
                                     std::optional<std::chrono::seconds> preferred = {}) const;

 private:
  struct Transition {
    std::chrono::sys_seconds at;
    std::chrono::seconds offset;  ///< from then on
  };

  std::string name_ = "UTC";
  std::chrono::seconds first_offset_{0};
  std::vector<Transition> transitions_;
  std::optional<ZoneRule> rule_;  ///< after the last transition
};

}  // namespace stint
