/// Everything that a program needs to declare, enqueue and execute jobs.
#pragma once
#include "stint/arg.hpp"                // IWYU pragma: export
#include "stint/client.hpp"             // IWYU pragma: export
#include "stint/enqueue.hpp"            // IWYU pragma: export
#include "stint/error.hpp"              // IWYU pragma: export
#include "stint/hooks.hpp"              // IWYU pragma: export
#include "stint/job.hpp"                // IWYU pragma: export
#include "stint/json.hpp"               // IWYU pragma: export
#include "stint/liveness.hpp"           // IWYU pragma: export
#include "stint/lock_backend.hpp"       // IWYU pragma: export
#include "stint/log.hpp"                // IWYU pragma: export
#include "stint/main.hpp"               // IWYU pragma: export
#include "stint/metrics.hpp"            // IWYU pragma: export
#include "stint/module.hpp"             // IWYU pragma: export
#include "stint/module_definition.hpp"  // IWYU pragma: export
#include "stint/one_instance_lock.hpp"  // IWYU pragma: export
#include "stint/setting.hpp"            // IWYU pragma: export
#include "stint/settings.hpp"           // IWYU pragma: export
#include "stint/task.hpp"               // IWYU pragma: export
#include "stint/types.hpp"              // IWYU pragma: export
#include "stint/worker.hpp"             // IWYU pragma: export
#include "stint/worker_event.hpp"       // IWYU pragma: export
