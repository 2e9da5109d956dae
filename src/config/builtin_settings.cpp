#include "config/builtin_settings.hpp"
#include <utility>

namespace stint {
namespace {

constexpr double kMinute = 60;
constexpr double kHour = 60 * kMinute;
constexpr double kDay = 24 * kHour;
constexpr double kKibibyte = 1024;
constexpr double kMebibyte = 1024 * kKibibyte;

// Writes the table: each member function adds a key with what all keys of its type have.
class Table final {
 public:
  std::vector<SettingSpec> take() && { return std::move(specs_); }

  Table& boolean(std::string_view key, bool value, std::string help) {
    return add(key, SettingType::kBoolean, value, std::move(help));
  }
  Table& integer(std::string_view key, json value, double lowest, double highest,
                 std::string help) {
    return add(key, SettingType::kInteger, std::move(value), std::move(help), lowest, highest);
  }
  Table& duration(std::string_view key, json value, double lowest, double highest,
                  std::string help) {
    return add(key, SettingType::kDuration, std::move(value), std::move(help), lowest, highest);
  }
  Table& text(std::string_view key, json value, std::string help) {
    return add(key, SettingType::kString, std::move(value), std::move(help));
  }
  Table& secret(std::string_view key, std::string help) {
    text(key, nullptr, std::move(help));
    specs_.back().secret = true;
    return *this;
  }
  Table& choice(std::string_view key, json value, std::vector<json> choices, std::string help) {
    text(key, std::move(value), std::move(help));
    specs_.back().choices = std::move(choices);
    return *this;
  }
  Table& table(std::string_view key, std::string help) {
    return add(key, SettingType::kTable, nullptr, std::move(help));
  }
  Table& list(std::string_view key, json value, std::string help) {
    return add(key, SettingType::kList, std::move(value), std::move(help));
  }

 private:
  // A default of null is none.
  Table& add(std::string_view key, SettingType type, json value, std::string help,
             std::optional<double> lowest = {}, std::optional<double> highest = {}) {
    SettingSpec spec{.key = std::string{key}, .type = type, .help = std::move(help)};
    if (!value.is_null()) spec.default_value = std::move(value);
    spec.minimum = lowest;
    spec.maximum = highest;
    specs_.push_back(std::move(spec));
    return *this;
  }

  std::vector<SettingSpec> specs_;
};

void add_node(Table& table) {
  table.text("node", nullptr,
             "The name of this machine, for tasks that are bound to one. Default: the host name.");
}

void add_stores(Table& table) {
  table
      .text("stores.default", nullptr,
            "The URL of the store that is used where no other is named, or the name of another one "
            "below `[stores]`. Default: `sqlite:` with `stint/jobs.db` in `$XDG_STATE_HOME` "
            "(`~/.local/state`).")
      .text("stores.*", nullptr, "The URL of one more store, for `--store NAME`.");
}

void add_runner(Table& table) {
  table
      .boolean("run_once", false,
               "Run the task once and end, see [the runner](runner.md). An interval from a higher "
               "source turns it off.")
      .duration("sleep_interval", nullptr, 0, 365 * kDay,
                "The pause between the end of a run and the next. Default: none, unless "
                "`run_interval` is set; not both.")
      .duration("run_interval", nullptr, 0, 365 * kDay,
                "The time from the start of a run to the start of the next. An overrun starts the "
                "next at once and is not made up.")
      .boolean("keep_lock", false, "Keep the lock between runs: one lease, one token.")
      .boolean("release_on_error", false,
               "With `keep_lock`: give the lock away after a run that failed, and wait twice as "
               "long.")
      .boolean("disable_one_instance", false, "Run without the lock.");
}

void add_logging(Table& table) {
  const std::vector<json> levels = {"debug", "info", "warning", "error"};
  table.choice("logging.level", "info", levels, "Write lines from this level up.")
      .choice("logging.levels.*", nullptr, levels,
              "The level of one logger and all below it: `worker = \"debug\"`, "
              "`\"worker.claimer\" = \"error\"`.")
      .choice("logging.format", "text", {"text", "json"},
              "One line of text, or one JSON object, a log line.")
      .list("logging.outputs", nullptr,
            "Where the lines go: one or more of `console` (standard error), `file`, `syslog` and "
            "`journald`, see [logging](logging.md). Default: `file` if `logging.file` is set, else "
            "`console`.")
      .text("logging.file", nullptr, "Append the lines to this file.")
      .integer("logging.rotate_size", 0, 0, 1024 * kKibibyte * kMebibyte,
               "Begin a new file before this one has more bytes; it becomes `FILE.1`. 0: never.")
      .boolean("logging.rotate_daily", false, "Begin a new file every day, in local time.")
      .integer("logging.rotate_keep", 5, 1, 1000, "How many rotated files stay.")
      .text("logging.ident", "stint", "Whose lines they are, for `syslog` and `journald`.")
      .choice("logging.syslog_facility", "user",
              {"user", "daemon", "cron", "local0", "local1", "local2", "local3", "local4", "local5",
               "local6", "local7"},
              "The facility of the lines in syslog.")
      .text("logging.syslog_socket", "/dev/log", "Where the daemon of syslog listens.")
      .text("logging.journald_socket", "/run/systemd/journal/socket",
            "Where the journal of systemd listens.")
      .choice("logging.color", "auto", {"auto", "always", "never"},
              "Colour the level; `auto`: on a terminal, where NO_COLOR is not set.");
}

void add_jobs(Table& table) {
  table
      .integer(
          "defaults.max_attempts", 1, 1, 1000,
          "Attempts of a job that may fail before the job does, where neither the task nor the "
          "enqueuer says so. Counts where the job is enqueued.")
      .duration(
          "defaults.timeout", "0s", 0, 365 * kDay,
          "The longest time that an attempt may take, where neither the task nor the enqueuer "
          "says so. 0: no limit.")
      .duration("defaults.retention", "1d", 0, 3650 * kDay,
                "How long finished jobs are kept before they are deleted.")
      .integer("limits.max_json", static_cast<std::int64_t>(kMebibyte), kKibibyte, 16 * kMebibyte,
               "The largest arguments and the largest output of a job, in bytes of JSON text.")
      .integer("limits.max_bytes", static_cast<std::int64_t>(64 * kMebibyte), kKibibyte,
               256 * kMebibyte,
               "The largest binary data (`Bytes`) of one job's arguments or output, in bytes.")
      .integer("limits.max_log", static_cast<std::int64_t>(8 * kMebibyte), 64 * kKibibyte,
               kKibibyte * kMebibyte,
               "How much of what one attempt prints is kept in the job's log, in bytes, and as "
               "much of what it writes with `job.log()`. The rest is dropped; the log says where "
               "it was cut and how much is missing. A line counts as 32 bytes at least.");
}

void add_worker(Table& table) {
  table
      .integer("worker.slots", nullptr, 1, 1024,
               "How many jobs a worker executes at once. Default: the number of cores.")
      .list("worker.domains", json::array({"default"}),
            "The domains that a worker serves, each with the greatest number of its slots if it is "
            "limited: `[\"mail=10\", \"bulk\"]`.")
      .integer("worker.max_runs", 0, 0, 1e9, "End a worker after so many jobs. 0: never.")
      .integer("worker.batch", 200, 1, 1000, "The most jobs that one claim takes.")
      .duration(
          "worker.lease", "30s", 1, kDay,
          "A worker is dead when its beat has not changed for so long. The same for all workers "
          "of a store.")
      .duration("worker.heartbeat", "10s", 0.1, 8 * kHour,
                "The time between two beats of a worker; at most half of the lease.")
      .choice("worker.isolation", "thread", {"thread", "process"},
              "Where tasks run: on threads of the worker, or each in a child process, which can be "
              "ended whatever it does.")
      .integer("worker.slot_runs", 0, 0, 1e9,
               "How many jobs one child process executes before a new one takes its place. 0: no "
               "limit.")
      .duration("worker.grace", "5s", 0.01, kHour,
                "How long a task may go on after it was asked to stop. Then its process is killed; "
                "a thread is left to itself.")
      .duration("worker.drain_timeout", "25s", 0, kDay,
                "How long running jobs may go on when a worker is told to end.")
      .text("worker.http", nullptr,
            "Serve `/metrics`, `/healthz` and `/readyz` at this `HOST:PORT`, see "
            "[metrics](metrics.md); port 0 chooses a free one. Who can reach it can read it: "
            "prefer `127.0.0.1`. Default: nothing is served.");
}

void add_tasks(Table& table) {
  table.table("tasks.*",
              "A task whose code is a program: `[tasks.\"backup.nightly\"]` with `command`, "
              "`args` and more, see [commands](commands.md). `STINT_TASKS` holds all of them as "
              "JSON.");
}

void add_modules(Table& table) {
  table
      .list(
          "modules.load", nullptr,
          "The modules that are loaded at the start, see [modules](modules.md): names of files in "
          "`directories`, without their ending `.so`, or paths.")
      .list(
          "modules.directories", nullptr,
          "The folders that modules may be loaded from, the first that has a name counts: paths "
          "that begin with `/` or `~/`. Whoever sets this chooses whose code runs. Not taken from "
          "a `./stint.toml` that nobody named. Default: `lib/stint/modules` of the program's "
          "installation, and `~/.local/lib/stint/modules`.");
}

// Where a server of these roles answers, by parts and as one.
void add_consul(Table& table, const std::string& under) {
  table
      .text(under + ".url", nullptr,
            "Where Consul's agent answers, in place of `scheme`, `host` and `port`: "
            "`http://127.0.0.1:8500`.")
      .text(under + ".host", "127.0.0.1", "Where Consul's agent answers.")
      .integer(under + ".port", 8500, 1, 65535, "Its port.")
      .choice(under + ".scheme", "http", {"http", "https"}, "How it is spoken to.")
      .text(under + ".ca_file", nullptr,
            "The certificates that its own is checked against. Default: the system's.")
      .text(under + ".certificate_file", nullptr,
            "The certificate that we show to Consul, where it asks for one.")
      .text(under + ".private_key_file", nullptr,
            "The private key of that certificate. Default: it is in `certificate_file`.")
      .text(under + ".dc", nullptr, "The datacenter that holds the key. Default: the agent's.")
      .secret(under + ".token", "The ACL token.");
}

void add_redis(Table& table, const std::string& under) {
  table
      .text(under + ".url", nullptr,
            "Where Redis or Valkey answers, in place of `host` and the rest: "
            "`redis://user:password@127.0.0.1:6379/0`.")
      .text(under + ".host", "127.0.0.1", "Where Redis or Valkey answers.")
      .integer(under + ".port", 6379, 1, 65535, "Its port.")
      .integer(under + ".db", 0, 0, 1'000'000, "The number of the database.")
      .text(under + ".username", nullptr, "The user.")
      .secret(under + ".password", "The user's password.");
}

void add_postgresql(Table& table, const std::string& under) {
  table.text(
      under + ".url", nullptr,
      "The database, with Stint's tables (`stint db init`), or the name of such a store below "
      "`[stores]`. Default: the default store, if it is one of PostgreSQL.");
}

void add_sqlite(Table& table, const std::string& under) {
  table.text(under + ".url", nullptr,
             "The file, as `sqlite:PATH`, or the name of such a store below `[stores]`; it is made "
             "where there is none. Default: the default store, if it is one of SQLite.");
}

constexpr std::string_view kKeyHelp =
    "The name on the server; `{task}` in it becomes the task's name. Default: `stint/{task}`.";

void add_retries(Table& table, const std::string& under) {
  table
      .duration(under + ".timeout", nullptr, 0.01, kMinute,
                "The limit of one request. Default: a tenth of the ttl, at most 2 s; 1 s where "
                "there is none.")
      .integer(under + ".retry_max_attempts", 10, 1, 1000,
               "How often a request that failed is tried; renewals are tried for as long as the "
               "lease lasts.")
      .integer(under + ".retry_wait_multiplier", 50, 1, 60'000,
               "The pause before the second try in milliseconds; it doubles up to 2 s.");
}

void add_lock(Table& table, const std::string& under, const char* ttl, const char* lock_delay) {
  add_retries(table, under);
  table.text(under + ".key", nullptr, std::string{kKeyHelp})
      .duration(under + ".ttl", ttl, 10, kDay,
                "The lock is free when its holder was silent for so long.")
      .duration(under + ".lock_delay", lock_delay == nullptr ? json(nullptr) : json(lock_delay), 0,
                lock_delay == nullptr ? kDay : kMinute,
                lock_delay == nullptr
                    ? "How much longer others wait then. Default: a third of `ttl` and 2 s."
                    : "How long Consul keeps a lock from others whose holder was lost.");
}

void add_one_instance(Table& table) {
  const std::string under = "one_instance";
  table
      .text(
          under + ".backend", "flock",
          "Who holds the lock: `flock`, `sqlite`, `postgresql`, `redis`, `consul`, `dummy` (which "
          "excludes nobody), or the name of a backend of your own, see "
          "[one instance](one-instance.md).")
      .boolean(under + ".require_exclusive", false, "Refuse a backend that always grants the lock.")
      .duration(under + ".stall_timeout", nullptr, 1, kDay,
                "Stop a task that did not call `extend_lock` for so long. Default: never.");
  add_consul(table, under + ".consul");
  add_lock(table, under + ".consul", "15s", "15s");
  add_redis(table, under + ".redis");
  add_lock(table, under + ".redis", "30s", nullptr);
  table
      .boolean(under + ".redis.restart_guard", true,
               "Wait out a ttl and a lock_delay after a restart of a server that has forgotten the "
               "lock; turn it off where the server keeps its state.")
      .integer(under + ".redis.wait_replicas", 0, 0, 100,
               "How many replicas must have the lock before it counts as acquired.");
  add_postgresql(table, under + ".postgresql");
  add_lock(table, under + ".postgresql", "30s", nullptr);
  add_sqlite(table, under + ".sqlite");
  add_lock(table, under + ".sqlite", "30s", nullptr);
  table
      .text(under + ".flock.directory", nullptr,
            "The folder of the lock files, on a local disk. Default: `stint/locks` in "
            "`$XDG_STATE_HOME` (`~/.local/state`).")
      .text(under + ".flock.key", nullptr, std::string{kKeyHelp});
}

void add_liveness(Table& table) {
  table.text("liveness.backend", "dummy",
             "Where the stamp of the last success is kept: `dummy` (nowhere), `file`, `sqlite`, "
             "`postgresql`, `redis`, `consul`, or the name of a backend of your own.");
  using Add = void (*)(Table&, const std::string&);
  const std::pair<const char*, Add> backends[] = {{"consul", add_consul},
                                                  {"redis", add_redis},
                                                  {"postgresql", add_postgresql},
                                                  {"sqlite", add_sqlite}};
  for (const auto& [name, add] : backends) {
    const std::string under = std::string{"liveness."} + name;
    add(table, under);
    add_retries(table, under);
    // Stamps and locks are both keys of Consul's store: they must not meet.
    table.text(under + ".key", nullptr,
               std::string{name} == "consul"
                   ? "The key; `{task}` in it becomes the task's name. The sign of life is at "
                     "`KEY/alive`. Default: `stint/{task}/liveness`."
                   : std::string{kKeyHelp});
  }
  table
      .text("liveness.file.directory", nullptr,
            "The folder of the stamps. Default: `stint/liveness` in `$XDG_STATE_HOME` "
            "(`~/.local/state`).")
      .text("liveness.file.key", nullptr, std::string{kKeyHelp});
}

void add_metrics(Table& table) {
  table
      .text(
          "metrics.backend", "dummy",
          "Where metrics are pushed to: `dummy` (nowhere), `influxdb`, `prometheus`, `statsd`, or "
          "the name of a backend of your own, see [metrics](metrics.md).")
      .integer("metrics.queue", 10'000, 100, 1'000'000,
               "How many metrics wait at most for who takes them; more are dropped and counted.")
      .integer("metrics.retry_max_attempts", 10, 1, 1000,
               "How often a batch is tried before it is dropped.")
      .integer("metrics.retry_wait_multiplier", 50, 1, 60'000,
               "The pause before the second try in milliseconds; it doubles, up to 30 s.")
      .duration("metrics.flush_timeout", "2s", 0, kMinute,
                "How long the end of the process waits until all metrics are sent.")
      .text("metrics.influxdb.host", "127.0.0.1", "Where InfluxDB answers.")
      .integer("metrics.influxdb.port", 8086, 1, 65535, "Its port.")
      .choice("metrics.influxdb.scheme", "http", {"http", "https"}, "How it is spoken to.")
      .text("metrics.influxdb.ca_file", nullptr,
            "The authorities that its certificate is checked against, in PEM. Default: those of "
            "the system.")
      .text("metrics.influxdb.database", nullptr, "The database, of InfluxDB 1.x.")
      .text("metrics.influxdb.username", nullptr, "The user, of 1.x.")
      .secret("metrics.influxdb.password", "The user's password.")
      .text("metrics.influxdb.org", nullptr, "The organisation, of InfluxDB 2.x.")
      .text("metrics.influxdb.bucket", nullptr, "The bucket, of 2.x.")
      .secret("metrics.influxdb.token", "The token, of 2.x.")
      .duration("metrics.influxdb.timeout", "5s", 0.1, kMinute, "The limit of one request.")
      .text("metrics.prometheus.file", nullptr,
            "The file for node_exporter's textfile collector; `{task}` is replaced by the task.")
      .text("metrics.statsd.host", "127.0.0.1", "Where StatsD listens.")
      .integer("metrics.statsd.port", 8125, 1, 65535, "Its port, of UDP.")
      .text("metrics.statsd.prefix", nullptr, "What all names begin with, before a dot.")
      .choice("metrics.statsd.tags", "none", {"none", "dogstatsd"},
              "How tags are sent: as parts of the name, or as DogStatsD takes them.");
}

}  // namespace

const std::vector<SettingSpec>& builtin_settings() {
  static const std::vector<SettingSpec> specs = [] {
    Table table;
    add_node(table);
    add_runner(table);
    add_stores(table);
    add_logging(table);
    add_jobs(table);
    add_worker(table);
    add_tasks(table);
    add_modules(table);
    add_one_instance(table);
    add_liveness(table);
    add_metrics(table);
    return std::move(table).take();
  }();
  return specs;
}

}  // namespace stint
