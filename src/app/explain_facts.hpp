/// Gather what an explanation of a job is made of.
#pragma once
#include <span>
#include <string>
#include <vector>
#include "core/explain_job.hpp"
#include "core/store.hpp"
#include "core/store_inspector.hpp"
#include "stint/settings.hpp"

namespace stint {

/// List the live workers with their tasks. `inspector` may be null: then none has told.
std::vector<LiveWorker> live_workers(Store& store, StoreInspector* inspector);

/// Ask the store for all that matters to this job, and for nothing else: a finished job costs no
/// look at the queue. `inspector` may be null. Throws what the store throws.
ExplainFacts gather_explain_facts(Store& store, StoreInspector* inspector, const JobRecord& job,
                                  const Settings& settings, const std::string& store_url);

}  // namespace stint
