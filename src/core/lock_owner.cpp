// Who holds a lock and who wrote a stamp, as JSON on servers that other programs read too.
#include <unistd.h>
#include <ctime>
#include <string>
#include <fmt/chrono.h>
#include "base/clock.hpp"
#include "base/host.hpp"
#include "base/time_format.hpp"
#include "base/uuid.hpp"
#include "base/version.hpp"
#include "stint/liveness.hpp"
#include "stint/lock_backend.hpp"

namespace stint {
namespace {

std::string text_of(const json& from, const char* name) {
  const auto found = from.is_object() ? from.find(name) : from.end();
  if (!from.is_object() || found == from.end() || !found->is_string()) return {};
  return found->get<std::string>();
}

// What jobslib's runners read and show of whoever wrote a value.
void add_jobslib_fields(json& to, const std::string& fqdn, const std::string& time) {
  to["fqdn"] = fqdn;
  const auto moment = parse_time(time);
  if (!moment) return;
  const std::time_t seconds = std::chrono::system_clock::to_time_t(*moment);
  std::tm utc{};
  std::tm local{};
  ::gmtime_r(&seconds, &utc);
  ::localtime_r(&seconds, &local);
  to["timestamp"] = static_cast<std::int64_t>(seconds);
  to["time_utc"] = fmt::format("{:%Y-%m-%d %H:%M:%S}", utc);
  to["time_local"] = fmt::format("{:%Y-%m-%d %H:%M:%S}", local);
}

// Of jobslib's own values there is a number alone.
std::string time_of(const json& from, const char* name) {
  if (std::string own = text_of(from, name); !own.empty()) return own;
  const auto found = from.is_object() ? from.find("timestamp") : from.end();
  if (!from.is_object() || found == from.end() || !found->is_number()) return {};
  // Beyond these years there is no such text.
  const double seconds = found->get<double>();
  if (!(seconds > 0) || seconds > 9e9) return {};
  return format_time(std::chrono::system_clock::time_point{
      std::chrono::duration_cast<std::chrono::system_clock::duration>(
          std::chrono::duration<double>{seconds})});
}

}  // namespace

void to_json(json& to, const LockOwner& owner) {
  to = {{"id", owner.id},         {"host", owner.host},
        {"pid", owner.pid},       {"boot_id", owner.boot_id},
        {"task", owner.task},     {"version", owner.version},
        {"dc", owner.datacenter}, {"acquired_at", owner.acquired_at}};
  add_jobslib_fields(to, owner.fqdn, owner.acquired_at);
}

void from_json(const json& from, LockOwner& owner) {
  owner = {};
  owner.id = text_of(from, "id");
  owner.host = text_of(from, "host");
  owner.fqdn = text_of(from, "fqdn");
  if (from.is_object() && from.contains("pid") && from["pid"].is_number_integer()) {
    owner.pid = from["pid"].get<std::int64_t>();
  }
  owner.boot_id = text_of(from, "boot_id");
  owner.task = text_of(from, "task");
  owner.version = text_of(from, "version");
  owner.datacenter = text_of(from, "dc");
  owner.acquired_at = time_of(from, "acquired_at");
}

LockOwner this_process_as_owner(std::string_view task) {
  // What needs files to be read does not change while a process lives.
  static const std::string host = host_name();
  static const std::string fqdn = full_host_name();
  static const std::string boot = boot_id();
  return {.id = random_uuid(),
          .host = host,
          .fqdn = fqdn,
          .pid = ::getpid(),
          .boot_id = boot,
          .task = std::string{task},
          .version = std::string{version()},
          .acquired_at = format_time(real_clock().system_now())};
}

void to_json(json& to, const LivenessStamp& stamp) {
  to = {{"host", stamp.host}, {"state", stamp.state}, {"time", stamp.time}};
  add_jobslib_fields(to, stamp.fqdn, stamp.time);
}

void from_json(const json& from, LivenessStamp& stamp) {
  stamp = {};
  stamp.host = text_of(from, "host");
  stamp.fqdn = text_of(from, "fqdn");
  stamp.state = text_of(from, "state");
  stamp.time = time_of(from, "time");
}

LivenessStamp stamp_of_this_process(std::string_view state) {
  return {.host = host_name(),
          .fqdn = full_host_name(),
          .state = std::string{state},
          .time = format_time(real_clock().system_now())};
}

}  // namespace stint
