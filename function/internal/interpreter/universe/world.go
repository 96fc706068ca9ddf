package universe

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/rolewatch/rolewatch/function/internal/interpreter"
)

// Statement is a statement as a policy's JSON has it.
type Statement struct {
	Sid          string                         `json:",omitempty"`
	Effect       string                         //
	Principal    any                            `json:",omitempty"`
	NotPrincipal any                            `json:",omitempty"`
	Action       []string                       `json:",omitempty"`
	NotAction    []string                       `json:",omitempty"`
	Resource     []string                       `json:",omitempty"`
	NotResource  []string                       `json:",omitempty"`
	Condition    map[string]map[string][]string `json:",omitempty"`
}

// Document is a policy as JSON has it.
type Document struct {
	Version   string
	Statement []Statement
}

// Text is the document in JSON.
func (d Document) Text() string {
	text, err := json.Marshal(d)
	if err != nil {
		panic(err) // Texts and lists of texts always have a JSON form.
	}
	return string(text)
}

// World is what applies to the role. A kind without documents does not exist; the SCP has one level.
type World struct{ Identity, Boundary, SCP []Document }

// Policies are the texts of the world's policies.
func (w World) Policies() interpreter.Policies {
	p := interpreter.Policies{Identity: textsOf(w.Identity), Boundaries: textsOf(w.Boundary)}
	if len(w.SCP) > 0 {
		p.SCPs = [][]string{textsOf(w.SCP)}
	}
	return p
}

func textsOf(list []Document) []string {
	var out []string
	for _, d := range list {
		out = append(out, d.Text())
	}
	return out
}

// Clone is a copy that shares nothing with the world.
func (w World) Clone() World {
	var out World
	text, err := json.Marshal(w)
	if err == nil {
		err = json.Unmarshal(text, &out)
	}
	if err != nil {
		panic(err) // What was made to be written as JSON is.
	}
	return out
}

// Shrink takes away whatever can go while the world still fails: documents, statements, conditions and the elements of lists.
func Shrink(w World, fails func(World) bool) World {
	for {
		smaller, ok := shrinkOnce(w, fails)
		if !ok {
			return w
		}
		w = smaller
	}
}

func shrinkOnce(w World, fails func(World) bool) (World, bool) {
	for _, cut := range cuts(w) {
		smaller := w.Clone()
		cut(&smaller)
		if fails(smaller) {
			return smaller, true
		}
	}
	return w, false
}

// cuts are the ways to take one thing away from a world.
func cuts(w World) []func(*World) {
	var out []func(*World)
	for _, kind := range []func(*World) *[]Document{
		func(w *World) *[]Document { return &w.Boundary }, func(w *World) *[]Document { return &w.SCP }, func(w *World) *[]Document { return &w.Identity },
	} {
		for i, d := range *kind(&w) {
			out = append(out, func(w *World) { *kind(w) = slices.Delete(*kind(w), i, i+1) })
			for j, s := range d.Statement {
				out = append(out, func(w *World) { (*kind(w))[i].Statement = slices.Delete((*kind(w))[i].Statement, j, j+1) })
				for _, cut := range statementCuts(s) {
					out = append(out, func(w *World) { cut(&(*kind(w))[i].Statement[j]) })
				}
			}
		}
	}
	return out
}

// statementCuts leave each list at least one element.
func statementCuts(s Statement) []func(*Statement) {
	var out []func(*Statement)
	for _, operator := range slices.Sorted(maps.Keys(s.Condition)) {
		block := s.Condition[operator]
		for _, key := range slices.Sorted(maps.Keys(block)) {
			values := block[key]
			out = append(out, func(s *Statement) {
				if delete(s.Condition[operator], key); len(s.Condition[operator]) == 0 {
					delete(s.Condition, operator)
				}
			})
			for i := range values {
				if len(values) > 1 {
					out = append(out, func(s *Statement) {
						s.Condition[operator][key] = slices.Delete(slices.Clone(s.Condition[operator][key]), i, i+1)
					})
				}
			}
		}
	}
	for _, list := range []func(*Statement) *[]string{
		func(s *Statement) *[]string { return &s.Action }, func(s *Statement) *[]string { return &s.NotAction },
		func(s *Statement) *[]string { return &s.Resource }, func(s *Statement) *[]string { return &s.NotResource },
	} {
		for i := range *list(&s) {
			if len(*list(&s)) > 1 {
				out = append(out, func(s *Statement) { *list(s) = slices.Delete(*list(s), i, i+1) })
			}
		}
	}
	return out
}
