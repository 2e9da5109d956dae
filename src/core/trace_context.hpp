/// The trace to which a job belongs, as its metadata carries it: W3C Trace Context.
#pragma once
#include <string>
#include <string_view>
#include "stint/json.hpp"

namespace stint {

inline constexpr std::string_view kTraceparent = "traceparent";
inline constexpr std::string_view kTracestate = "tracestate";
// What programs find in their environment, and the command line in its own.
inline constexpr std::string_view kTraceparentVariable = "TRACEPARENT";
inline constexpr std::string_view kTracestateVariable = "TRACESTATE";

/// The form, for the way out of an error message.
inline constexpr std::string_view kTraceparentForm =
    "00-TRACE-PARENT-FLAGS, of 32, 16 and 2 digits 0-9a-f, neither of the first two all 0";

/// Tell whether a text is a traceparent: of version 00, or of a later one that begins in its form.
bool is_traceparent(std::string_view text);

/// The traceparent in metadata; empty for none and for what is none.
std::string traceparent_of(const json& metadata);

/// Complete the metadata of a child: `traceparent`, if there is one, with the tracestate of the
/// parent's metadata. Metadata that states a traceparent keeps it; null there means none.
json inherit_trace(json child, std::string_view traceparent, const json& parent);

/// Complete metadata with what TRACEPARENT and TRACESTATE of this process's environment say, by the
/// same rules. One that has not the form is left aside; `is_unfit` tells that it was there.
json trace_from_environment(json metadata, bool& is_unfit);

}  // namespace stint
