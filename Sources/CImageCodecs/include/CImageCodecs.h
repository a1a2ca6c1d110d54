// Everything that Swift sees of this target.

#ifndef CIMAGECODECS_H
#define CIMAGECODECS_H

#include "ic_codecs.h"
#include "ic_color.h"
#include "ic_pixels.h"
#include "ic_resample.h"

#endif
