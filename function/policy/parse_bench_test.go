package policy

import (
	"bytes"
	"errors"
	"io"
	"maps"
	"slices"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/rolewatch/rolewatch/function/externaldata"
)

// BenchmarkParseManaged parses every AWS managed policy. Its yardstick is the bare token scan of the same bytes.
func BenchmarkParseManaged(b *testing.B) {
	policies := externaldata.ManagedPolicies(b)
	names := slices.Sorted(maps.Keys(policies))
	size := 0
	for _, name := range names {
		size += len(policies[name])
	}
	b.Run("parse", func(b *testing.B) {
		b.SetBytes(int64(size))
		b.ReportAllocs()
		for b.Loop() {
			for _, name := range names {
				if _, err := Parse(policies[name], Identity); err != nil {
					b.Fatalf("%s: %v", name, err)
				}
			}
		}
	})
	b.Run("scan", func(b *testing.B) {
		b.SetBytes(int64(size))
		b.ReportAllocs()
		for b.Loop() {
			for _, name := range names {
				scan(b, policies[name])
			}
		}
	})
}

func scan(b *testing.B, src []byte) {
	dec := jsontext.NewDecoder(bytes.NewBuffer(src), jsontext.AllowDuplicateNames(true))
	for {
		if _, err := dec.ReadToken(); err != nil {
			if errors.Is(err, io.EOF) {
				return
			}
			b.Fatal(err)
		}
	}
}
