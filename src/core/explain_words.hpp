/// How explanations and checks put numbers and times into sentences.
#pragma once
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include "core/job_records.hpp"

namespace stint {

/// "1.2s", "45s", "3m20s", "2h5m", "4d": as exact as a reader needs. Negative ones count as 0.
std::string rough_duration(std::chrono::nanoseconds duration);

/// "1 job", "2 jobs".
std::string count_of(std::int64_t number, std::string_view thing);

/// "worker 3 (process 4711 on host a)".
std::string name_of(const WorkerRecord& worker);

/// The message of a stored error; empty if there is none.
std::string stored_error_message(std::string_view error_json);

}  // namespace stint
