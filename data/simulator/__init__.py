"""The simulated world: firms, people, their lives as leads, and the tables that a CRM keeps of them."""
