#ifndef EVA_EMBEDDED_DATA_H
#define EVA_EMBEDDED_DATA_H

// Data files compiled into the binary, so that a program is one file and runs from any folder.
// Every text is UTF-8, ends with a line feed, and lives as long as the process.

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    const uint8_t *bytes;
    size_t length;
} eva_embedded_text;

// The 48,894 merges of CLIP's byte-pair encoding, best first, two symbols a line.
eva_embedded_text eva_clip_merges(void);

// HTML's named character references: a name, with its semicolon where it needs one, then one or
// two code points in hexadecimal.
eva_embedded_text eva_html5_entities(void);

// Unicode's canonical decompositions without the Hangul syllables: a code point, then what it
// splits into one step further, in hexadecimal. A leading '!' marks a pair that is never joined
// again.
eva_embedded_text eva_canonical_decompositions(void);

// Properties of Unicode 18.0's characters: a property, then the first and the last code point of a
// range that has it, in hexadecimal. "letter" and "number" are the general categories L and N, "digit"
// is Nd, "cased" and "ignorable" are Cased and Case_Ignorable, "classN" the combining class N. After
// "lower" stand a code point and those that it becomes in lower case.
eva_embedded_text eva_unicode_properties(void);

// ImageNet's thousand classes in the order of their WordNet ids: an id, a space, the class's name.
eva_embedded_text eva_imagenet_classes(void);

// The 80 sentences for ImageNet's classes, with {} where the name goes.
eva_embedded_text eva_imagenet_templates(void);

#ifdef __cplusplus
}
#endif

#endif
