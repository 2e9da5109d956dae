/// The trace in which a command is called.
#pragma once
#include "stint/json.hpp"

namespace stint::cli {

class Context;

/// Complete a job's metadata with TRACEPARENT and TRACESTATE of the environment, unless it states a
/// traceparent. One that has not the form is left aside, as the standard asks for, with a note.
json with_trace(Context& context, json metadata);

}  // namespace stint::cli
