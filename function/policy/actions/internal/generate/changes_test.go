package main

import (
	"slices"
	"testing"

	"github.com/rolewatch/rolewatch/function/policy/actions/internal/format"
)

func TestChangesNameWhatIsNewAndWhatIsGone(t *testing.T) {
	of := func(prefix string, names ...string) format.Service {
		s := format.Service{Prefix: prefix}
		for _, name := range names {
			s.Actions = append(s.Actions, format.Action{Name: name})
		}
		return s
	}
	former := format.Catalogue{Services: []format.Service{of("box", "OpenBox", "TagBox"), of("box-web", "Open")}}
	next := format.Catalogue{Services: []format.Service{of("box", "OpenBox", "ShutBox"), of("box-web", "Open"), of("crate", "Open")}}
	if got, want := changes(former, next), []string{"+ box:ShutBox", "+ crate:Open", "- box:TagBox"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := changes(next, next); len(got) != 0 {
		t.Errorf("the same catalogue: %q", got)
	}
}
