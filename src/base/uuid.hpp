/// Random names that nobody else has.
#pragma once
#include <string>

namespace stint {

/// Make a random UUID (version 4) as text: "8a6e0804-2bd0-4672-b79d-d97027f9071a". Throws
/// std::system_error if the system has no random numbers.
std::string random_uuid();

}  // namespace stint
