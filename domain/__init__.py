"""What Manganace knows: entities, rules, services and the ports they need. Standard library only."""
