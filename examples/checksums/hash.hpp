// SHA-256 of a file by OpenSSL's libcrypto.
#pragma once
#include <string>
#include <stint/stint.hpp>
#include "checksums.hpp"

/// Read the file in pieces, looking between them whether `job` has to stop. Throws stint::Reject,
/// with the system's reason, for a file that cannot be read.
Checksum sha256_of(stint::Job& job, const std::string& path);
