#include "backends/sqlite/liveness.hpp"
#include <algorithm>
#include <chrono>
#include <string>
#include <utility>
#include "backends/sqlite/role_file.hpp"
#include "core/role_place.hpp"
#include "stint_generated/sqlite_sql.hpp"

namespace stint::sqlite {
namespace {

using std::chrono::nanoseconds;

class SqliteLiveness final : public LivenessBackend {
 public:
  SqliteLiveness(const BackendOptions& options, BootTime boot_time)
      : key_(checked_role_key(options)), file_(options, std::move(boot_time)) {}

  void write(LivenessKind kind, const LivenessStamp& stamp) override {
    file_.write([&](Transaction& transaction) {
      const BootMoment now = file_.now();
      transaction.connection.use(sql::write_liveness)
          .bind(key_, static_cast<int>(kind), role_json(stamp), now.since_boot.count(), now.boot_id,
                transaction.now)
          .run();
    });
  }

  LivenessRecord read() override {
    Query query = file_.connection().use(sql::read_liveness);
    query.bind(key_);
    const BootMoment now = file_.now();
    LivenessRecord record;
    while (query.step()) {
      // The time of day may have been set meanwhile; across a boot there is no other.
      const nanoseconds age = query.text(3) == now.boot_id
                                  ? now.since_boot - nanoseconds{query.int64(2)}
                                  : nanoseconds{std::chrono::system_clock::now() - query.time(4)};
      LivenessStamp stamp = parse_stamp(query.text(1), std::max(age, nanoseconds{0}));
      const bool is_success = query.integer(0) == static_cast<int>(LivenessKind::kSuccess);
      (is_success ? record.success : record.sign_of_life) = std::move(stamp);
    }
    return record;
  }

 private:
  const std::string key_;
  RoleFile file_;
};

}  // namespace

std::unique_ptr<LivenessBackend> make_sqlite_liveness(const BackendOptions& options) {
  return make_sqlite_liveness_at(options, machine_boot_time());
}

std::unique_ptr<LivenessBackend> make_sqlite_liveness_at(const BackendOptions& options,
                                                         BootTime boot_time) {
  return std::make_unique<SqliteLiveness>(options, std::move(boot_time));
}

}  // namespace stint::sqlite
