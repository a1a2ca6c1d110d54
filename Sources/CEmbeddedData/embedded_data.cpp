// The files in Data are texts between a first and a last line that make each a C++ raw string.
// That, unlike C23's #embed, every clang since Swift 6.1 reads, and it needs no build setting.
//
// clip_merges.txt: lines 2 to 48895 of OpenAI CLIP's bpe_simple_vocab_16e6.txt (MIT licence).
//   SHA-256 of the published .txt.gz
//   924691ac288e54409236115652ad4aa250f48203de50a9e4722a6ecd48d6804a, of its text
//   67603cfda2e032ad77b5f8808af37789d590db664b26df8705d2bf8b3c553fc8, of the lines used
//   b35403c4e8d67384b5e43474de42b9f3799e4eb56593d0cdbc9eea0dbca1555c.
// html5_entities.txt: the WHATWG HTML standard's list, as in Python's html.entities.html5.
// canonical_decompositions.txt, unicode_properties.txt: from the Unicode Character Database 18.0
//   (Unicode License v3), the latter as Python's regex 2026.11.19 and unicodedata2 18.0.0 have it.
// imagenet_classes.txt: the WordNet ids of ImageNet's thousand classes in rising order, each with the
//   name that OpenAI chose for CLIP and that EVA-CLIP and open_clip use (MIT licence), out of
//   open_clip 3.3.0 and timm 1.0.31. SHA-256 of the lines
//   89e0b642c6697a3a43a06a2bb65f9fefb3ca295ccc5f4ba9ce385f1a3a58c629.
// imagenet_templates.txt: OpenAI's 80 sentences for them, from the same place. SHA-256 of the lines
//   717aaf1055595d318aa456669c0de6675d883ccebfa70ca12ff890b7aab710cb.

#include "CEmbeddedData.h"

namespace {

// What a raw string holds after the line break that follows its opening mark.
template <size_t size>
eva_embedded_text content(const char (&literal)[size]) {
    return {reinterpret_cast<const uint8_t *>(literal) + 1, size - 2};
}

}  // namespace

eva_embedded_text eva_clip_merges(void) {
    return content(
#include "Data/clip_merges.txt"
    );
}

eva_embedded_text eva_html5_entities(void) {
    return content(
#include "Data/html5_entities.txt"
    );
}

eva_embedded_text eva_canonical_decompositions(void) {
    return content(
#include "Data/canonical_decompositions.txt"
    );
}

eva_embedded_text eva_unicode_properties(void) {
    return content(
#include "Data/unicode_properties.txt"
    );
}

eva_embedded_text eva_imagenet_classes(void) {
    return content(
#include "Data/imagenet_classes.txt"
    );
}

eva_embedded_text eva_imagenet_templates(void) {
    return content(
#include "Data/imagenet_templates.txt"
    );
}
