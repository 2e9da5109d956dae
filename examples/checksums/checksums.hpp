// The task's name and its types: what the side that enqueues and the side that works share.
#pragma once
#include <cstdint>
#include <string>
#include <stint/stint.hpp>

/// One file to read. A file's name is bytes, not always text: plain ASCII travels as a JSON string,
/// any other name as bytes.
struct HashFile {
  stint::Bytes path;
};
void to_json(stint::json& to, const HashFile& from);
void from_json(const stint::json& from, HashFile& to);

struct Checksum {
  std::string sha256;  ///< 64 hexadecimal digits
  std::int64_t bytes = 0;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Checksum, sha256, bytes)

inline constexpr stint::Task<HashFile, Checksum> hash_file{"checksums.hash_file"};

STINT_DECLARE_MODULE(checksums);
