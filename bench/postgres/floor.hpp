/// What PostgreSQL gives without a job system: a narrow table and the bare driver.
#pragma once
#include "figure.hpp"
#include "plan.hpp"
#include "postgres/schema.hpp"

namespace stint::bench {

/// What a commit waits for.
enum class Commit { kDurable, kNotWaitedFor };

Contestant postgres_floor_copy(const Plan& plan, const PgSchema& schema);
Contestant postgres_floor_bulk(const Plan& plan, const PgSchema& schema, Commit commit);
Contestant postgres_floor_one_by_one(const Plan& plan, const PgSchema& schema, Commit commit);
/// `clients` connections, a thread each, claim and complete a batch at a time.
Contestant postgres_floor_drain(const Plan& plan, const PgSchema& schema, int clients,
                                Commit commit);
/// A thread that listens is woken by NOTIFY.
Contestant postgres_floor_wake(const Plan& plan, const PgSchema& schema);
/// The same, and claims one job.
Contestant postgres_floor_wake_and_claim(const Plan& plan, const PgSchema& schema);

}  // namespace stint::bench
