/// Which Stint this is. The build, the packages and the programs take it from here.
#pragma once

#define STINT_VERSION "0.1.0"
