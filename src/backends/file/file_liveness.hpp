/// Stamps of liveness as files of this machine.
#pragma once
#include <memory>
#include "stint/liveness.hpp"

namespace stint {

/// Keep the stamps in the folder `directory`, which is made if need be: NAME.json and
/// NAME.alive.json, where NAME is `options.key` written as a file's name. Each is replaced as a
/// whole, on the disk when `write` returns, and readable by whoever the umask allows. A stamp is as
/// old as its file. Throws ConfigurationError.
std::unique_ptr<LivenessBackend> make_file_liveness(const BackendOptions& options);

}  // namespace stint
