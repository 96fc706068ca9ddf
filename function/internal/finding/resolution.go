package finding

import "time"

// resolutionText says in a sentence why a finding is over, and how long it had been open.
func resolutionText(f Finding, now time.Time) string {
	lasted := now.Sub(f.FirstSeen).Round(time.Second)
	switch f.Resolution {
	case RoleDeleted:
		return "The role was deleted. The finding had been open for " + lasted.String() + "."
	case AccountGone:
		return "The account left the organization or was closed, or rolewatch does not watch it any more. The finding had been open for " + lasted.String() + "."
	case Unused:
		return "No function uses the role any more. The finding had been open for " + lasted.String() + "."
	case CheckOff:
		return "The check was turned off. The finding had been open for " + lasted.String() + "."
	case Excepted:
		return "An exception covers it now. The finding had been open for " + lasted.String() + "."
	case Expired:
		return "It was not seen again. The finding had been open for " + lasted.String() + "."
	}
	return "Fixed after " + lasted.String() + "."
}
