#include "base/macros.h"
typedef int room_is_empty;
