package role_test

import (
	"slices"
	"testing"

	"github.com/rolewatch/rolewatch/function/internal/role"
)

func TestRolesOfSimilarNames(t *testing.T) {
	const account = "arn:aws:iam::111122223333:role/"
	ref := func(name string) role.Ref {
		return role.Ref{Partition: "aws", Account: "111122223333", Name: name, ARN: account + name}
	}
	for _, tt := range []struct {
		name string
		have []string
		want []string
	}{
		{"mian-role", []string{account + "main-role", account + "other"}, []string{account + "main-role"}},
		{"orders", []string{account + "Orders", account + "path/order", account + "borders"}, []string{account + "Orders", account + "borders", account + "path/order"}},
		{"orders", []string{account + "orders", account + "payments", account + "ord", "arn:aws:iam::444455556666:role/order", "no ARN"}, nil},
		{"a", []string{account + "b"}, nil},
		{"orders", []string{account + "orders1", account + "orders2", account + "orders3", account + "orders4", account + "orders1"},
			[]string{account + "orders1", account + "orders2", account + "orders3"}},
		{"orders", nil, nil},
	} {
		if got := role.SimilarTo(ref(tt.name), role.Refs(slices.Values(tt.have))); !slices.Equal(got, tt.want) {
			t.Errorf("%s is similar to %q, want %q", tt.name, got, tt.want)
		}
	}
}
