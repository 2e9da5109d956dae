#include "app/backends.hpp"
#include <algorithm>
#include <array>
#include <span>
#include <utility>
#include <vector>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include "backends/fault/fault_store.hpp"
#include "backends/fault/fault_url.hpp"
#include "backends/postgres/backend.hpp"
#include "backends/sqlite/backend.hpp"
#include "base/nearest.hpp"
#include "base/url.hpp"
#include "base/utf8.hpp"
#include "stint/error.hpp"

namespace stint {
namespace {

constexpr std::string_view kForms = "use sqlite:PATH or postgresql://HOST/DATABASE";

std::array<const StoreBackend*, 3> backends() {
  return {&sqlite::sqlite_backend(), &postgres::postgres_backend(), &sqlite::memory_backend()};
}

/// The store's own URL: without the faults that are asked for before it.
std::string plain_url(const std::string& url) {
  return fault::is_fault_url(url) ? fault::parse_fault_url(url).store : url;
}

const StoreBackend& backend_of(const std::string& url) {
  const std::string scheme = parse_url(url).scheme;
  std::vector<std::string_view> known;
  for (const StoreBackend* const backend : backends()) {
    if (std::ranges::find(backend->schemes, scheme) != backend->schemes.end()) return *backend;
    known.insert(known.end(), backend->schemes.begin(), backend->schemes.end());
  }
  const std::string hint = did_you_mean(scheme, std::span<const std::string_view>{known});
  throw url_error(url, fmt::format("has the scheme \"{}\", which no store has{}", scheme, hint),
                  kForms);
}

Error configuration_error(const std::string& message) {
  return Error{ErrorCode::kConfiguration, message};
}

std::string named_store(const Settings& settings, std::string_view name) {
  const std::string key = fmt::format("stores.{}", name);
  const bool is_one_name = name.find('.') == std::string_view::npos;
  if (is_one_name) {
    if (const auto url = settings.find<std::string>(key)) return *url;
  }
  const std::string shown = sanitize_text(name);
  if (name.find_first_of("/.") != std::string_view::npos) {
    throw configuration_error(fmt::format(
        "the store \"{}\" is neither a name under [stores] nor a URL: for a file use \"sqlite:{}\"",
        shown, shown));
  }
  const std::vector<std::string> names = settings.names("stores");
  throw configuration_error(fmt::format(
      "there is no store \"{}\" under [stores]{}: {}, or {}", shown, did_you_mean(name, names),
      names.empty() ? std::string{"add it"}
                    : fmt::format("the names are {}", fmt::join(names, ", ")),
      kForms));
}

}  // namespace

std::unique_ptr<Store> open_store(const StoreOptions& options) {
  if (!fault::is_fault_url(options.url)) return backend_of(options.url).open(options);
  fault::FaultUrl faults = fault::parse_fault_url(options.url);
  return fault::with_faults(
      backend_of(faults.store).open({.url = faults.store, .notice = options.notice}),
      std::move(faults.plan), options.notice);
}

std::unique_ptr<StoreSchema> open_schema(const StoreOptions& options) {
  const std::string url = plain_url(options.url);
  return backend_of(url).open_schema({.url = url, .notice = options.notice});
}

std::unique_ptr<StoreInspector> open_inspector(const std::string& store_url) {
  const std::string url = plain_url(store_url);
  const StoreBackend* const backend = &backend_of(url);
  if (backend == &sqlite::sqlite_backend()) return sqlite::open_inspector(url);
  if (backend == &postgres::postgres_backend()) return postgres::open_inspector(url);
  return nullptr;
}

std::string_view backend_name(const std::string& url) { return backend_of(plain_url(url)).name; }

std::unique_ptr<AttemptConnection> open_attempts(const StoreOptions& options) {
  if (!has_attempts(options.url)) {
    throw url_error(options.url, "is of a store that gives no transactions to attempts",
                    "use postgresql://HOST/DATABASE, or leave out .transaction");
  }
  const std::string url = plain_url(options.url);
  return backend_of(url).open_attempts({.url = url, .notice = options.notice});
}

bool has_attempts(const std::string& url) {
  return backend_of(plain_url(url)).open_attempts != nullptr;
}

bool is_of_one_process(const std::string& url) {
  return &backend_of(plain_url(url)) == &sqlite::memory_backend();
}

std::string resolve_store(const Settings& settings, std::string_view name_or_url) {
  if (looks_like_url(name_or_url)) return std::string{name_or_url};
  if (!name_or_url.empty() && name_or_url != "default") return named_store(settings, name_or_url);
  const auto url = settings.find<std::string>("stores.default");
  if (url) return *url;
  throw configuration_error(
      "no store is configured, and without XDG_STATE_HOME and HOME there is no folder for the "
      "default one: set STINT_STORE, [stores] default, or --store");
}

}  // namespace stint
