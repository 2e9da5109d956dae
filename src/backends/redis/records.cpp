#include "backends/redis/records.hpp"
#include <nlohmann/json.hpp>
#include "stint/json.hpp"

namespace stint::redis {
namespace {

json parse(std::string_view text) { return json::parse(text, nullptr, /*allow_exceptions=*/false); }

std::string text_of(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace

std::string owner_text(const LockOwner& owner) { return text_of(json(owner)); }

LockOwner read_owner(std::string_view text) { return parse(text).get<LockOwner>(); }

std::string stamp_text(const LivenessStamp& stamp) { return text_of(json(stamp)); }

LivenessStamp read_stamp(std::string_view text) { return parse(text).get<LivenessStamp>(); }

std::string administrator_text() {
  const LockOwner self = this_process_as_owner({});
  return text_of({{"host", self.host}, {"fqdn", self.fqdn}, {"pid", self.pid}});
}

}  // namespace stint::redis
