package role_test

import (
	"slices"
	"testing"

	"github.com/rolewatch/rolewatch/function/internal/role"
)

// TestVersionsAreOrdered sorts versions: $LATEST first, however it is named, and numbers by their size.
func TestVersionsAreOrdered(t *testing.T) {
	for _, latest := range []string{"$LATEST", ""} {
		got := []string{"10", "2", latest, "1", "9"}
		slices.SortFunc(got, role.CompareVersions)
		if want := []string{latest, "1", "2", "9", "10"}; !slices.Equal(got, want) {
			t.Errorf("sorted versions: %q, want %q", got, want)
		}
	}
}

// TestRoleKey takes the key from the role's ARN, whatever its path, and from what is no role's ARN the text itself.
func TestRoleKey(t *testing.T) {
	for text, want := range map[string]string{
		"arn:aws:iam::111122223333:role/service/orders": "arn:aws:iam::111122223333:role/orders",
		"orders": "orders",
		"":       "",
	} {
		if got := (role.Function{Role: text}).RoleKey(); got != want {
			t.Errorf("key of role %q: %q, want %q", text, got, want)
		}
	}
}
