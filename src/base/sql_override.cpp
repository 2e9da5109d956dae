#include "base/sql_override.hpp"
#include <map>
#include <utility>
#include "base/mutex.hpp"

namespace stint {

#ifdef STINT_SQL_OVERRIDES

namespace {

struct Overrides {
  Mutex mutex;
  std::map<const SqlFile*, std::string> texts STINT_GUARDED_BY(mutex);
};

Overrides& overrides() {
  static Overrides all;
  return all;
}

}  // namespace

std::string_view statement_text(const SqlFile& file) {
  Overrides& all = overrides();
  const MutexLock lock{all.mutex};
  const auto found = all.texts.find(&file);
  return found == all.texts.end() ? file.text : found->second;
}

SqlOverride::SqlOverride(const SqlFile& file, std::string text) : file_(&file) {
  Overrides& all = overrides();
  const MutexLock lock{all.mutex};
  all.texts[file_] = std::move(text);
}

SqlOverride::~SqlOverride() {
  Overrides& all = overrides();
  const MutexLock lock{all.mutex};
  all.texts.erase(file_);
}

#else

std::string_view statement_text(const SqlFile& file) { return file.text; }

#endif

}  // namespace stint
