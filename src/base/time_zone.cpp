#include "base/time_zone.hpp"
#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <utility>
#include "base/mutex.hpp"

namespace stint {
namespace {

using std::chrono::local_seconds;
using std::chrono::seconds;
using std::chrono::sys_seconds;

/// Read big-endian numbers one after the other. Whoever reads on past the end gets zeros and then
/// finds `is_good` false.
class BinaryReader final {
 public:
  explicit BinaryReader(std::string_view data) : data_(data) {}

  bool is_good() const { return good_; }
  std::string_view rest() const { return data_; }

  std::string_view take(std::size_t count) {
    if (count > data_.size()) {
      good_ = false;
      data_ = {};
      return {};
    }
    const std::string_view taken = data_.substr(0, count);
    data_.remove_prefix(count);
    return taken;
  }
  template <typename Number>
  Number number() {
    std::uint64_t value = 0;
    for (const char c : take(sizeof(Number))) value = value << 8U | static_cast<unsigned char>(c);
    return static_cast<Number>(value);
  }

 private:
  std::string_view data_;
  bool good_ = true;
};

/// The counts of a header, in the order of the file.
struct Header {
  char version = '\0';
  std::uint32_t is_utc = 0;
  std::uint32_t is_standard = 0;
  std::uint32_t leaps = 0;
  std::uint32_t times = 0;
  std::uint32_t types = 0;
  std::uint32_t characters = 0;

  std::size_t size_of_data(std::size_t time_size) const {
    constexpr std::size_t kTypeSize = 6;
    return times * (time_size + 1) + types * kTypeSize + characters + leaps * (time_size + 4) +
           is_standard + is_utc;
  }
};

std::optional<Header> read_header(BinaryReader& bytes) {
  constexpr std::size_t kReserved = 15;
  if (bytes.take(4) != "TZif") return std::nullopt;
  Header header;
  header.version = bytes.number<char>();
  bytes.take(kReserved);
  for (std::uint32_t* const count : {&header.is_utc, &header.is_standard, &header.leaps,
                                     &header.times, &header.types, &header.characters}) {
    *count = bytes.number<std::uint32_t>();
  }
  if (!bytes.is_good() || header.types == 0) return std::nullopt;
  return header;
}

std::string zone_folder() {
  const char* const folder = std::getenv("TZDIR");  // NOLINT(concurrency-mt-unsafe): nobody sets it
  return folder == nullptr || *folder == '\0' ? "/usr/share/zoneinfo" : folder;
}

// A name must not lead out of the folder.
bool is_zone_name(std::string_view name) {
  constexpr std::size_t kLongest = 100;
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '+' || c == '/';
  };
  return !name.empty() && name.size() <= kLongest && name.front() != '/' &&
         std::ranges::all_of(name, fits);
}

std::optional<std::string> read_zone_file(std::string_view name) {
  std::ifstream file{zone_folder() + '/' + std::string{name}, std::ios::binary};
  if (!file) return std::nullopt;
  // Iterators would throw for a folder. The largest file has 4 kB.
  constexpr std::streamsize kMost = 1 << 16;
  std::string content(kMost, '\0');
  file.read(content.data(), kMost);
  content.resize(static_cast<std::size_t>(file.gcount()));
  return content;
}

}  // namespace

const TimeZone& TimeZone::utc() {
  static const TimeZone kUtc;
  return kUtc;
}

const TimeZone* TimeZone::find(std::string_view name) {
  if (name.empty() || name == "UTC" || name == "Etc/UTC") return &utc();
  if (!is_zone_name(name)) return nullptr;
  static Mutex mutex;
  static std::map<std::string, std::unique_ptr<const TimeZone>, std::less<>> known;
  const MutexLock lock{mutex};
  if (const auto found = known.find(name); found != known.end()) return found->second.get();
  const std::optional<std::string> content = read_zone_file(name);
  std::optional<TimeZone> zone =
      content ? parse(std::string{name}, *content) : std::optional<TimeZone>{};
  if (!zone)
    return nullptr;  // looked for again at the next call: the data may be installed by then
  return known.emplace(name, std::make_unique<const TimeZone>(*std::move(zone)))
      .first->second.get();
}

std::optional<TimeZone> TimeZone::parse(std::string name, std::string_view content) {
  constexpr std::size_t kOldTime = 4;
  constexpr std::size_t kTime = 8;
  BinaryReader bytes{content};
  std::optional<Header> header = read_header(bytes);
  if (!header || header->version < '2') return std::nullopt;  // written before 2008
  bytes.take(header->size_of_data(kOldTime));
  header = read_header(bytes);
  if (!header || header->size_of_data(kTime) > bytes.rest().size()) return std::nullopt;

  BinaryReader times{bytes.take(header->times * kTime)};
  BinaryReader indexes{bytes.take(header->times)};
  std::vector<seconds> offsets;
  for (std::uint32_t i = 0; i < header->types; ++i) {
    offsets.emplace_back(bytes.number<std::int32_t>());
    bytes.take(2);  // whether it is summer time; the place of its abbreviation
  }
  bytes.take(header->characters + header->leaps * (kTime + 4) + header->is_standard +
             header->is_utc);

  TimeZone zone;
  zone.name_ = std::move(name);
  zone.first_offset_ = offsets.front();
  for (std::uint32_t i = 0; i < header->times; ++i) {
    const sys_seconds at{seconds{times.number<std::int64_t>()}};
    const std::size_t type = indexes.number<unsigned char>();
    if (type >= offsets.size()) return std::nullopt;
    if (!zone.transitions_.empty() && at <= zone.transitions_.back().at) return std::nullopt;
    zone.transitions_.push_back({at, offsets[type]});
  }
  std::string_view footer = bytes.rest();
  if (footer.starts_with('\n')) {
    footer.remove_prefix(1);
    footer = footer.substr(0, footer.find('\n'));
    zone.rule_ = ZoneRule::parse(footer);
    if (!zone.rule_ && !footer.empty()) return std::nullopt;
  }
  return zone;
}

seconds TimeZone::offset_at(sys_seconds moment) const {
  const auto next = std::ranges::upper_bound(transitions_, moment, {}, &Transition::at);
  if (next == transitions_.end() && rule_) return rule_->offset_at(moment);
  return next == transitions_.begin() ? first_offset_ : std::prev(next)->offset;
}

local_seconds TimeZone::to_local(sys_seconds moment) const {
  return local_seconds{(moment + offset_at(moment)).time_since_epoch()};
}

sys_seconds TimeZone::to_system(local_seconds local, std::optional<seconds> preferred) const {
  const sys_seconds as_utc{local.time_since_epoch()};
  // No zone is more than a day from UTC: these are the offsets on both sides of a change nearby.
  const seconds before = offset_at(as_utc - std::chrono::days{1});
  const seconds after = offset_at(as_utc + std::chrono::days{1});
  const auto is_valid = [&](seconds offset) { return offset_at(as_utc - offset) == offset; };
  if (preferred && is_valid(*preferred)) return as_utc - *preferred;
  // The greater offset is the earlier moment.
  for (const seconds offset : {std::max(before, after), std::min(before, after)}) {
    if (is_valid(offset)) return as_utc - offset;
  }
  return as_utc - before;
}

}  // namespace stint
