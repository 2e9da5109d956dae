/// Where a database is that keeps locks or stamps, and under which name.
#pragma once
#include <chrono>
#include <span>
#include <string>
#include <string_view>
#include "stint/liveness.hpp"
#include "stint/lock_backend.hpp"

namespace stint {

/// Find the URL: the setting `url`, which is one or names a store below `[stores]`, or else the
/// default store, if its URL has one of these schemes. Throws Error kConfiguration.
std::string role_url(const BackendOptions& options, std::span<const std::string_view> schemes);

/// Check the name of a lock or stamp that a database is to keep: 1 to 512 bytes of UTF-8 without
/// NUL. Throws Error kConfiguration; returns it.
const std::string& checked_role_key(const BackendOptions& options);

/// A request's limit, in the range that a database can keep.
std::chrono::milliseconds role_timeout(const BackendOptions& options);

/// Write what is stored of an owner or a stamp; any bytes may be in it.
std::string role_json(const LockOwner& owner);
std::string role_json(const LivenessStamp& stamp);
/// Read it, whatever it is.
LockOwner parse_owner(std::string_view text, std::string_view id);
LivenessStamp parse_stamp(std::string_view text, std::chrono::nanoseconds age);

}  // namespace stint
