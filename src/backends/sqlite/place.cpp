#include "backends/sqlite/place.hpp"
#include <sys/types.h>
#include <unistd.h>
#include <algorithm>
#include <atomic>
#include <map>
#include <utility>
#include <fmt/format.h>
#include "backends/sqlite/location.hpp"
#include "backends/sqlite/memory_turn.hpp"
#include "backends/sqlite/memory_wake.hpp"
#include "backends/sqlite/schema.hpp"
#include "base/mutex.hpp"
#include "base/url.hpp"
#include "stint/error.hpp"

namespace stint::sqlite {
namespace {

constexpr std::string_view kForms = "write memory: or memory:NAME";

Place make_memory(const std::string& name) {
  check_library_version();
  return {.path = name,
          .medium = Medium::kMemory,
          .turn = std::make_shared<MemoryTurn>(),
          .wake = std::make_shared<MemoryWake>(),
          .keeper = std::make_shared<Connection>(name, Medium::kMemory)};
}

std::string memory_name(std::string_view url) {
  constexpr std::size_t kLongest = 63;
  const Url parsed = parse_url(url);
  if (!parsed.parameters.empty()) {
    throw url_error(url, fmt::format("has a parameter \"{}\"", parsed.parameters.front().name),
                    "leave it out: a memory: URL takes none");
  }
  const auto is_plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == '-';
  };
  if (!parsed.host.empty() || parsed.path.size() > kLongest ||
      !std::ranges::all_of(parsed.path, is_plain)) {
    throw url_error(url, "names no memory: a name is up to 63 of [a-zA-Z0-9_.-]", kForms);
  }
  return "memory:" + parsed.path;
}

/// The named places of this process.
struct Named {
  const pid_t process = ::getpid();
  Mutex mutex = {};
  std::string refusal STINT_GUARDED_BY(mutex) = {};  // empty: none
  std::map<std::string, Place> places STINT_GUARDED_BY(mutex) = {};
};

// Never destroyed: threads may use their stores until the very end of the process.
Named& named() {
  static auto* const places = new Named;  // NOLINT(cppcoreguidelines-owning-memory)
  return *places;
}

}  // namespace

Place open_file_place(std::string_view url) {
  const Location location = prepare_tables(url);
  return {.path = location.path,
          .turn = std::make_shared<FileTurn>(location.turn_path()),
          .wake = std::make_shared<WakeFile>(location.wake_path())};
}

void refuse_memory_places(std::string reason) {
  Named& all = named();
  const MutexLock lock{all.mutex};
  all.refusal = std::move(reason);
}

Place open_memory_place(std::string_view url) {
  const std::string name = memory_name(url);
  Named& all = named();
  if (::getpid() != all.process) {
    throw Error{ErrorCode::kUsage,
                fmt::format("the store {} is in the memory of the process that forked this one; "
                            "start threads instead, or use sqlite:FILE",
                            name),
                {.backend = "sqlite"}};
  }
  const MutexLock lock{all.mutex};
  if (!all.refusal.empty()) {
    throw Error{ErrorCode::kConfiguration,
                fmt::format("the store {} cannot be opened: {}", name, all.refusal),
                {.backend = "sqlite"}};
  }
  const auto found = all.places.find(name);
  if (found != all.places.end()) return found->second;
  return all.places.emplace(name, make_memory(name)).first->second;
}

Place with_tables(Place place) {
  Connection connection{place.path, place.medium};
  migrate_schema(connection, *place.turn);
  return place;
}

Place make_private_memory_place() {
  static std::atomic<int> count{0};
  // No URL can name it.
  return make_memory(fmt::format("memory:#{}", ++count));
}

}  // namespace stint::sqlite
