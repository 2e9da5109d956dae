/// Owners and stamps as the texts that servers keep.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include "stint/liveness.hpp"
#include "stint/lock_backend.hpp"

namespace stint::redis {

std::string owner_text(const LockOwner& owner);
/// Whatever the text is; what cannot be read is empty.
LockOwner read_owner(std::string_view text);

std::string stamp_text(const LivenessStamp& stamp);
LivenessStamp read_stamp(std::string_view text);

/// Tell who frees a lock by force: host and process of this program.
std::string administrator_text();

}  // namespace stint::redis
